#include "server/applying_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace server {
namespace {

constexpr std::uint64_t kMagic = 0x31796C7070615251;  // "QRapply1"
constexpr std::size_t kFileBytes = 4096;

base::Error failed(const std::string& path) {
  return {.cause = base::Cause::kSystem,
          .code = errno,
          .operation = "map",
          .object = path,
          .detail = std::strerror(errno)};
}

// Its bytes are allocated by being written: a mapped page must not meet a full disk.
bool fill(int file) {
  char bytes[kFileBytes] = {};
  std::size_t size = 0;
  while (size < kFileBytes) {
    const ssize_t more = pread(file, bytes + size, kFileBytes - size, static_cast<off_t>(size));
    if (more < 0) return false;
    if (more == 0) break;
    size += static_cast<std::size_t>(more);
  }
  if (size == kFileBytes) return true;
  std::memset(bytes, 0, sizeof bytes);
  return pwrite(file, bytes, kFileBytes, 0) == static_cast<ssize_t>(kFileBytes);
}

}  // namespace

base::Result<std::unique_ptr<ApplyingPage>> ApplyingPage::open(const std::string& path) {
  const std::string name = path + "/applying";
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return failed(name);
  void* mapped = MAP_FAILED;
  if (fill(file)) mapped = mmap(nullptr, kFileBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const int why = errno;
  ::close(file);
  errno = why;
  if (mapped == MAP_FAILED) return failed(name);
  auto* page = static_cast<Page*>(mapped);
  if (page->magic != kMagic) page = new (mapped) Page{.magic = kMagic};
  std::unique_ptr<ApplyingPage> made(new ApplyingPage(page));
  made->count_death();
  return made;
}

ApplyingPage::~ApplyingPage() { munmap(page_, kFileBytes); }

// One that died elsewhere has got past the place of the earlier deaths, or begins from further
// back; either way that place is not what ends it.
void ApplyingPage::count_death() {
  const std::uint64_t index = page_->now.index, element = page_->now.element;
  page_->now.index = 0;
  if (index == 0) return;
  const bool is_same = index == page_->died_index && element == page_->died_element;
  page_->deaths = is_same ? page_->deaths + 1 : 1;
  page_->died_index = index;
  page_->died_element = element;
}

void ApplyingPage::forget_deaths() { page_->deaths = page_->died_index = page_->died_element = 0; }

}  // namespace server
