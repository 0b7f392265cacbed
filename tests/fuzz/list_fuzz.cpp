// Claims: whatever bytes come as a listpack or as the rows of a list, looking whether they are
// right never reads outside them; a listpack that is accepted is the same forwards and backwards
// and can be changed; a list that is accepted gives the same rows again and can be changed.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/types/list.h"
#include "engine/types/listpack.h"

namespace {

using engine::DenseList;
using engine::ListLimits;
using engine::Listpack;

std::vector<std::string> backwards(const Listpack& listpack) {
  std::vector<std::string> elements;
  for (std::size_t at = listpack.previous(listpack.end()); at != Listpack::kNone;
       at = listpack.previous(at))
    elements.push_back(listpack.at(at).string());
  return elements;
}

void check_listpack(std::string bytes) {
  if (!Listpack::is_valid(bytes)) return;
  const Listpack listpack(bytes);
  std::vector<std::string> elements;
  for (std::size_t at = Listpack::kFirst; at != listpack.end(); at = listpack.next(at))
    elements.push_back(listpack.at(at).string());
  CHECK(elements.size() == listpack.count());
  std::reverse(elements.begin(), elements.end());
  CHECK(elements == backwards(listpack));
  if (elements.empty()) return;
  const std::size_t at = listpack.seek(static_cast<std::int64_t>(elements.size() / 2));
  CHECK(listpack.at(at).equals(elements[(elements.size() - 1) / 2]) || elements.size() % 2 == 0);
  Listpack::replace(bytes, at, "replaced");
  Listpack::insert(bytes, at, "12345");
  CHECK(Listpack::is_valid(bytes) && Listpack(bytes).count() == elements.size() + 1);
  Listpack::erase(bytes, Listpack::kFirst, elements.size());
  CHECK(Listpack::is_valid(bytes) && Listpack(bytes).count() == 1);
}

// Cuts the input into pieces, each behind its length in two bytes.
std::vector<std::string_view> pieces_of(std::string_view input) {
  std::vector<std::string_view> pieces;
  while (input.size() >= 2) {
    const std::size_t size =
        static_cast<std::uint8_t>(input[0]) + 256U * static_cast<std::uint8_t>(input[1]);
    pieces.push_back(input.substr(2, size));
    input.remove_prefix(std::min(input.size(), 2 + size));
  }
  return pieces;
}

void change(DenseList& list) {
  for (const std::int64_t setting : {1, -1}) {
    const ListLimits limits = ListLimits::from_setting(setting);
    const std::uint64_t count = list.count();
    list.replace(count / 2, "replaced", limits);
    list.insert(list.seek(count / 2), "inserted", true, limits);
    list.push("pushed", setting == 1, limits);
    CHECK(list.count() == count + 2);
    list.erase_range(count / 2, 3);
    CHECK(list.count() == count + 2 - std::min<std::uint64_t>(3, count + 2 - count / 2));
    if (list.count() == 0) return;
  }
  while (list.count() > 1) static_cast<void>(list.erase(list.last()));
}

void check_rows(std::string_view input) {
  const auto pieces = pieces_of(input);
  DenseList list;
  if (pieces.empty() || !list.load_head(pieces[0])) return;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    if (!pieces[i].empty() && !list.load_segment(i - 1, pieces[i])) return;
  }
  if (!list.finish_load()) return;
  for (std::uint64_t slot = 0; slot < list.segment_end(); ++slot)
    CHECK(list.encode_segment(slot) == pieces[slot + 1]);
  change(list);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_listpack(std::string(input));
  check_rows(input);
  return 0;
}
