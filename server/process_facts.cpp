#include "server/process_facts.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <cstdio>

#ifdef QUORATE_JEMALLOC
#include <jemalloc/jemalloc.h>
#else
#include <malloc.h>
#endif

namespace server {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::uint64_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long total = 0, resident = 0;
  const int found = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return found == 2 ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

#ifdef QUORATE_JEMALLOC
std::uint64_t allocator_figure(const char* name) {
  std::size_t value = 0, size = sizeof value;
  return mallctl(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}

#define QUORATE_TEXT(number) #number
#define QUORATE_DOTTED(a, b, c) QUORATE_TEXT(a) "." QUORATE_TEXT(b) "." QUORATE_TEXT(c)

void read_allocator(node::ProcessFacts& facts) {
  std::uint64_t epoch = 1;
  std::size_t size = sizeof epoch;
  mallctl("epoch", &epoch, &size, &epoch, size);  // refreshes what follows
  facts.allocated_bytes = allocator_figure("stats.allocated");
  facts.active_bytes = allocator_figure("stats.active");
  facts.allocator = "jemalloc-" QUORATE_DOTTED(JEMALLOC_VERSION_MAJOR, JEMALLOC_VERSION_MINOR,
                                               JEMALLOC_VERSION_BUGFIX);
}
#else
void read_allocator(node::ProcessFacts& facts) {
  const auto heap = mallinfo2();
  facts.allocated_bytes = heap.uordblks + heap.hblkhd;
  facts.active_bytes = heap.arena + heap.hblkhd;
}
#endif

}  // namespace

node::ProcessFacts read_process_facts() {
  node::ProcessFacts facts;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  struct sysinfo system {};
  ::sysinfo(&system);
  facts.resident_bytes = resident_bytes();
  read_allocator(facts);
  facts.total_system_bytes = static_cast<std::uint64_t>(system.totalram) * system.mem_unit;
  facts.user_cpu_s = seconds(usage.ru_utime);
  facts.system_cpu_s = seconds(usage.ru_stime);
  return facts;
}

}  // namespace server
