#include "bench/workload.h"

#include <algorithm>
#include <string_view>

#include "base/sha1.h"

namespace bench {
namespace {

constexpr std::string_view kDigits = "000000000000";
constexpr std::string_view kGetAndSet =
    "local old = redis.call('get', KEYS[1]) redis.call('set', KEYS[1], ARGV[1]) return old";
constexpr std::string_view kGetOnly = "return redis.call('get', KEYS[1])";
constexpr std::uint64_t kMembers = 100;  // of one hash, set or sorted set

void put_digits(char* at, std::uint64_t number) {
  for (std::size_t i = kDigits.size(); i > 0; --i) {
    at[i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

std::string request(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words)
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return text;
}

std::vector<std::string> words_of(Command command, const std::string& value) {
  const std::string digits(kDigits);
  switch (command) {
    case Command::kSet: return {"SET", "key:" + digits, value};
    case Command::kGet: return {"GET", "key:" + digits};
    case Command::kIncr: return {"INCR", "counter:" + digits};
    case Command::kLpush: return {"LPUSH", "list:" + digits, value};
    case Command::kHset: return {"HSET", "hash:" + digits, "field:" + digits, value};
    case Command::kZadd: return {"ZADD", "zset:" + digits, "1.5", "member:" + digits};
    case Command::kEvalSha:
      return {"EVALSHA", base::sha1_hex(kGetAndSet), "1", "key:" + digits, value};
    case Command::kEvalRo: return {"EVAL_RO", std::string(kGetOnly), "1", "key:" + digits};
    case Command::kSadd: return {"SADD", "set:" + digits, "member:" + digits};
  }
  return {};
}

}  // namespace

Workload::Template Workload::prepare(const Options& options, Command command) {
  const auto words = words_of(command, std::string(options.value_bytes, 'v'));
  Template prepared{.text = request(words), .keys = options.keys};
  prepared.key_at = prepared.text.find(kDigits);
  const std::size_t member = prepared.text.find(kDigits, prepared.key_at + kDigits.size());
  if (member != std::string::npos) {
    prepared.member_at = member;
    prepared.keys = std::max<std::uint64_t>(1, options.keys / kMembers);
  }
  return prepared;
}

Workload::Workload(const Options& options)
    : keys_(options.keys), prng_(options.seed), fill_(prepare(options, Command::kSet)) {
  for (const auto& [command, weight] : options.mix) {
    turns_.insert(turns_.end(), weight, templates_.size());
    templates_.push_back(prepare(options, command));
    if (command == Command::kEvalSha)
      preparations_.push_back(request({"SCRIPT", "LOAD", std::string(kGetAndSet)}));
    if (command == Command::kEvalRo)
      preparations_.push_back(request({"SCRIPT", "LOAD", std::string(kGetOnly)}));
  }
}

void Workload::append(std::string& out) {
  const std::uint64_t random = prng_.next();
  const Template& chosen =
      turns_.size() == 1 ? templates_[0] : templates_[turns_[(random >> 40) % turns_.size()]];
  const std::size_t start = out.size();
  out += chosen.text;
  put_digits(out.data() + start + chosen.key_at, (random & 0xffffffff) % chosen.keys);
  if (chosen.member_at > 0)
    put_digits(out.data() + start + chosen.member_at, (random >> 33) % kMembers);
}

void Workload::append_fill(std::string& out, std::uint64_t number) const {
  if (number < preparations_.size()) {
    out += preparations_[number];
    return;
  }
  const std::size_t start = out.size();
  out += fill_.text;
  put_digits(out.data() + start + fill_.key_at, number % keys_);
}

}  // namespace bench
