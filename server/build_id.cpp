#include "server/build_id.h"

#include <elf.h>
#include <link.h>

#include <cstring>

namespace server {
namespace {

constexpr std::size_t kBytes = 8;

std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

// One segment of notes: the build id's first bytes in hex, or nothing.
std::string find_in_notes(const char* at, std::size_t size) {
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, at, sizeof head);
    const std::size_t name = sizeof head, body = name + padded(head.n_namesz);
    const std::size_t next = body + padded(head.n_descsz);
    if (next > size) return {};
    if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 && head.n_descsz >= kBytes &&
        std::memcmp(at + name, "GNU", 4) == 0) {
      std::string text;
      for (std::size_t i = 0; i < kBytes; ++i) {
        const auto byte = static_cast<unsigned char>(at[body + i]);
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
      }
      return text;
    }
    at += next;
    size -= next;
  }
  return {};
}

// The first object is the program itself.
int look_at_program(dl_phdr_info* info, std::size_t, void* into) {
  auto& found = *static_cast<std::string*>(into);
  for (int i = 0; i < info->dlpi_phnum && found.empty(); ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    found = find_in_notes(reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr),
                          segment.p_memsz);
  }
  return 1;
}

}  // namespace

std::string build_id() {
  std::string found;
  dl_iterate_phdr(look_at_program, &found);
  return found.empty() ? std::string(2 * kBytes, '0') : found;
}

}  // namespace server
