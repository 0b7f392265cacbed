#include "bench/reply_counter.h"

#include "base/number.h"

namespace bench {

std::int64_t ReplyCounter::number(std::string_view line) {
  return base::parse_integer(line).value_or(-1);
}

}  // namespace bench
