#include "server/allocator.h"

#ifdef QUORATE_JEMALLOC
#include <jemalloc/jemalloc.h>

// What jemalloc is asked for when the process starts: it reads this symbol, and the environment's
// MALLOC_CONF after it. Freed memory goes back to the system within seconds, by a thread of
// jemalloc's own: after a burst of writes or a flush the process is small again. Also that of large
// values: by default the thread that frees gives back what makes a piece of 8 MB or more at once,
// itself, at some 100 us a megabyte; 0 means that no piece is too large to wait. One arena serves
// all threads: they are few, each has a cache of its own before it, and a value that one thread
// makes is freed by another; four arenas for each processor are a megabyte more of pages begun.
const char* malloc_conf =
    "background_thread:true,dirty_decay_ms:2000,oversize_threshold:0,narenas:1";
#else
#include <malloc.h>
#endif

namespace server {

#ifdef QUORATE_JEMALLOC
namespace {

std::uint64_t allocator_figure(const char* name) {
  std::size_t value = 0, size = sizeof value;
  return mallctl(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}

}  // namespace

#define QUORATE_TEXT(number) #number
#define QUORATE_DOTTED(a, b, c) QUORATE_TEXT(a) "." QUORATE_TEXT(b) "." QUORATE_TEXT(c)

// jemalloc's first arena is made before it has read the settings.
bool set_up_allocator() {
  constexpr std::size_t kBeyondAnySize = std::size_t{1} << 40;
  std::size_t threshold = kBeyondAnySize;
  return mallctl("arena.0.oversize_threshold", nullptr, nullptr, &threshold, sizeof threshold) == 0;
}

void read_allocator(node::ProcessFacts& facts) {
  std::uint64_t epoch = 1;
  std::size_t size = sizeof epoch;
  mallctl("epoch", &epoch, &size, &epoch, size);  // refreshes what follows
  facts.allocated_bytes = allocator_figure("stats.allocated");
  facts.active_bytes = allocator_figure("stats.active");
  facts.allocator_resident_bytes = allocator_figure("stats.resident");
  facts.allocator = "jemalloc-" QUORATE_DOTTED(JEMALLOC_VERSION_MAJOR, JEMALLOC_VERSION_MINOR,
                                               JEMALLOC_VERSION_BUGFIX);
}
#else
bool set_up_allocator() { return true; }

void read_allocator(node::ProcessFacts& facts) {
  const auto heap = mallinfo2();
  facts.allocated_bytes = heap.uordblks + heap.hblkhd;
  facts.active_bytes = heap.arena + heap.hblkhd;
  facts.allocator_resident_bytes = facts.active_bytes;
}
#endif

}  // namespace server
