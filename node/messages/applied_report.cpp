#include "node/messages/applied_report.h"

#include "base/codec.h"

namespace node {

std::string encode_report(const AppliedReport& report) {
  std::string bytes;
  base::Encoder out(bytes);
  out.u32(report.rules);
  out.u64(report.index.value());
  out.u64(report.since.value());
  out.u64(report.digest);
  return bytes;
}

std::optional<AppliedReport> decode_report(std::string_view bytes) {
  base::Decoder in(bytes);
  AppliedReport report;
  report.rules = in.u32();
  report.index = base::LogIndex(in.u64());
  report.since = base::LogIndex(in.u64());
  report.digest = in.u64();
  if (!in.ok() || !in.at_end()) return {};
  return report;
}

}  // namespace node
