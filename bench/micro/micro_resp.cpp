// The request parser and the reply writer.
#include <benchmark/benchmark.h>

#include <string>

#include "resp/parser.h"
#include "resp/reply_writer.h"

namespace {

std::string pipeline_of_sets(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i)
    bytes +=
        "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000042\r\n$100\r\n" + std::string(100, 'v') + "\r\n";
  return bytes;
}

void parse_set(benchmark::State& state) {
  constexpr int kCommands = 16;
  const std::string bytes = pipeline_of_sets(kCommands);
  for (auto _ : state) {
    resp::RequestParser parser;
    for (std::string_view rest = bytes; !rest.empty();) {
      std::size_t consumed = 0;
      const auto status = parser.next(rest, consumed);
      benchmark::DoNotOptimize(status);
      benchmark::DoNotOptimize(parser.argv().data());
      rest.remove_prefix(consumed);
    }
  }
  state.SetItemsProcessed(state.iterations() * kCommands);
}
BENCHMARK(parse_set)->Name("resp/parse 16 SET");

void write_bulk(benchmark::State& state) {
  const std::string value(100, 'v');
  std::string out;
  for (auto _ : state) {
    out.clear();
    for (int i = 0; i < 16; ++i) resp::ReplyWriter(out, 2).bulk(value);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(write_bulk)->Name("resp/write 16 bulk replies of 100 bytes");

void write_integer(benchmark::State& state) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    for (int i = 0; i < 16; ++i) resp::ReplyWriter(out, 2).integer(123456 + i);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(write_integer)->Name("resp/write 16 integer replies");

}  // namespace
