#include "server/log_file.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace server {
namespace {

node::LogLevel level_of(std::string_view name) {
  if (name == "debug") return node::LogLevel::kDebug;
  if (name == "verbose") return node::LogLevel::kVerbose;
  if (name == "warning") return node::LogLevel::kWarning;
  return node::LogLevel::kNotice;
}

char mark_of(node::LogLevel level) {
  static constexpr char kMarks[] = {'.', '-', '*', '#'};
  return kMarks[static_cast<unsigned>(level)];
}

}  // namespace

base::Result<std::unique_ptr<LogFile>> LogFile::open(const std::string& path,
                                                     std::string_view level) {
  spdlog::sink_ptr sink;
  try {
    if (path.empty()) {
      sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    }
  } catch (const spdlog::spdlog_ex& failure) {
    return base::Error{.cause = base::Cause::kSystem,
                       .operation = "open log file",
                       .object = path,
                       .detail = failure.what()};
  }
  auto logger = std::make_shared<spdlog::logger>("quorate", sink);
  logger->set_level(spdlog::level::trace);
  logger->set_pattern("%v");
  logger->flush_on(spdlog::level::trace);
  auto log = std::make_unique<LogFile>(std::move(logger));
  log->set_level(level);
  return log;
}

LogFile::LogFile(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {
  logger_->set_pattern("%P:%v");
}

LogFile::~LogFile() = default;

void LogFile::set_level(std::string_view level) { level_ = level_of(level); }

void LogFile::write(node::LogLevel level, std::string_view text) {
  if (level < level_.load(std::memory_order_relaxed)) return;
  const auto now = spdlog::log_clock::now();
  const std::time_t seconds = spdlog::log_clock::to_time_t(now);
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  char stamp[64];
  const std::size_t size = std::strftime(stamp, sizeof stamp, "%d %b %Y %H:%M:%S", &local);
  logger_->info("{} {}.{:03d} {} {}", role_.load(), std::string_view(stamp, size), millis,
                mark_of(level), text);
}

}  // namespace server
