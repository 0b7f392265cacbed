#include "server/log_file.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace server {
namespace {

node::LogLevel level_of(std::string_view name) {
  if (name == "debug") return node::LogLevel::kDebug;
  if (name == "verbose") return node::LogLevel::kVerbose;
  if (name == "warning") return node::LogLevel::kWarning;
  return node::LogLevel::kNotice;
}

constexpr std::size_t kWaitingBytesMax = 4 << 20;
constexpr std::chrono::milliseconds kFlushPatience{1000};

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

struct LogFile::Shared {
  std::shared_ptr<spdlog::logger> logger;
  std::mutex mutex;
  std::condition_variable has_work, is_written;
  std::deque<std::string> waiting;
  std::size_t waiting_bytes = 0;
  std::uint64_t lost = 0;
  bool is_writing = false, is_over = false;
};

LogFile::LogFile(std::shared_ptr<spdlog::logger> logger) : shared_(std::make_shared<Shared>()) {
  shared_->logger = std::move(logger);
  shared_->logger->set_pattern("%P:%v");
  thread_ = std::thread([shared = shared_] { run(*shared); });
}

LogFile::~LogFile() {
  flush();
  bool is_stuck = false;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->is_over = true;
    is_stuck = shared_->is_writing || !shared_->waiting.empty();
  }
  shared_->has_work.notify_one();
  // Who reads the pipe may never read again.
  is_stuck ? thread_.detach() : thread_.join();
}

void LogFile::flush() {
  std::unique_lock lock(shared_->mutex);
  shared_->is_written.wait_for(lock, kFlushPatience,
                               [this] { return shared_->waiting.empty() && !shared_->is_writing; });
}

void LogFile::say(std::string line) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->waiting_bytes + line.size() > kWaitingBytesMax) {
      ++shared_->lost;
      return;
    }
    shared_->waiting_bytes += line.size();
    shared_->waiting.push_back(std::move(line));
  }
  shared_->has_work.notify_one();
}

void LogFile::run(Shared& shared) {
  std::unique_lock lock(shared.mutex);
  while (true) {
    shared.has_work.wait(lock, [&] { return shared.is_over || !shared.waiting.empty(); });
    if (shared.waiting.empty()) return;
    std::deque<std::string> lines = std::exchange(shared.waiting, {});
    shared.waiting_bytes = 0;
    const std::uint64_t lost = std::exchange(shared.lost, 0);
    shared.is_writing = true;
    lock.unlock();
    for (const std::string& line : lines) shared.logger->info("{}", line);
    if (lost > 0)
      shared.logger->info("{} lines are missing here: they came faster than they were written",
                          lost);
    lock.lock();
    shared.is_writing = false;
    shared.is_written.notify_all();
  }
}

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
  say(fmt::format("{} {}.{:03d} {} {}", role_.load(), std::string_view(stamp, size), millis,
                  mark_of(level), text));
}

}  // namespace server
