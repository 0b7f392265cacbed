#include "server/service_thread.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "persistence/directory.h"
#include "server/clock.h"
#include "server/process_facts.h"
#include "server/users_file.h"

namespace server {
namespace {

constexpr base::Duration kStopWithin = base::milliseconds(4000);  // SIGTERM: exit 0 within 5 s
constexpr base::Duration kFactsEvery = base::milliseconds(1000);

// An address that may be missing on this machine ("-::*", as in Redis) is no error.
struct BindAddress {
  std::string host;
  bool is_optional = false;
};

BindAddress bind_address(std::string word) {
  BindAddress address;
  address.is_optional = word.starts_with('-');
  if (address.is_optional) word.erase(0, 1);
  address.host = word == "*" ? "0.0.0.0" : word == "::*" ? "::" : word;
  return address;
}

// errno says why not.
bool write_durably(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  bool is_done = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  is_done = is_done && std::fflush(file) == 0 && fsync(fileno(file)) == 0;
  const int why = errno;
  const bool is_closed = std::fclose(file) == 0;
  if (!is_done) errno = why;
  return is_done && is_closed;
}

}  // namespace

ServiceThread::ServiceThread(Mail& mail, node::ServiceOptions options, const node::Config& config,
                             LogFile& log, ApplyingPage* page)
    : mail_(mail),
      log_(log),
      page_(page),
      service_(noting(options, page), config),
      listener_(loop_, service_),
      config_file_(options.config_file),
      sync_policy_(config.hot().sync_policy),
      level_(config.text("loglevel")) {
  mail_.service.set_wake([this] { loop_.wake(); });
}

node::ServiceOptions ServiceThread::noting(node::ServiceOptions options, ApplyingPage* page) {
  if (page != nullptr) options.applying = &page->applying();
  return options;
}

base::Status ServiceThread::listen() {
  const node::Config& config = service_.config();
  const node::Door door = config.hot().cluster_enabled ? node::Door::kPort : node::Door::kPlainPort;
  base::Status status = listen_at("port", door);
  if (status.ok()) status = listen_at("plain-port", node::Door::kPlainPort);
  if (status.ok()) status = listen_at("sentinel-port", node::Door::kSentinelPort);
  if (!status.ok()) return status;
  const auto backlog = static_cast<int>(config.integer("tcp-backlog"));
  const std::string path = config.text("unixsocket");
  if (path.empty()) return base::success();
  const auto permissions =
      static_cast<unsigned>(std::strtoul(config.text("unixsocketperm").c_str(), nullptr, 8));
  return listener_.listen_unix(path, permissions, backlog);
}

// At the port that `directive` names, on each address of `bind`; 0: nowhere.
base::Status ServiceThread::listen_at(const char* directive, node::Door door) {
  const node::Config& config = service_.config();
  const auto port = static_cast<std::uint16_t>(config.integer(directive));
  const auto backlog = static_cast<int>(config.integer("tcp-backlog"));
  for (const std::string& word : port == 0 ? std::vector<std::string>{} : config.list("bind")) {
    const BindAddress address = bind_address(word);
    const base::Status status = listener_.listen_tcp(address.host, port, backlog, door);
    if (!status.ok() && !address.is_optional) return status;
  }
  return base::success();
}

base::Status ServiceThread::listen_again(const std::vector<KeptListener>& kept) {
  const auto backlog = static_cast<int>(service_.config().integer("tcp-backlog"));
  for (const KeptListener& socket : kept) {
    const base::Status status = listener_.listen_again(socket, backlog);
    if (!status.ok()) return status;
  }
  return base::success();
}

void ServiceThread::run() {
  loop_.run([this] { return turn(); }, [this] { return mail_.service.announce_sleep(); });
}

base::Instant ServiceThread::turn() {
  mail_.service.take(received_);
  for (ServiceMail& mail : received_) {
    std::visit([this](auto& message) { service_.receive(std::move(message)); }, mail);
  }
  const base::Clocks clocks = read_clocks();
  if (clocks.now >= facts_due_) {
    service_.set_process_facts(read_process_facts());
    facts_due_ = clocks.now + kFactsEvery;
  }
  if (is_stop_asked_ && !is_stopping_) begin_stop(clocks.now);
  node::ServiceOutput output = service_.turn(clocks);
  if (page_ != nullptr && page_->deaths() > 0 && service_.applied().value() > page_->died_index())
    page_->forget_deaths();
  carry_out(output);
  if (is_stopping_ && (service_.is_drained() || clocks.now >= stop_deadline_)) {
    if (!service_.is_drained())
      log_.warning("not everything could be answered in time; stopping all the same");
    loop_.stop();
  }
  if (service_.wants_turn()) return clocks.now;
  return std::min(output.next_deadline,
                  is_stopping_ ? clocks.now + base::milliseconds(20) : facts_due_);
}

void ServiceThread::begin_stop(base::Instant now) {
  is_stopping_ = true;
  stop_deadline_ = now + kStopWithin;
  log_.notice(wants_restart_
                  ? "beginning a new life: answering what is under way"
                  : "stopping: no new commands, handing over leadership, answering what is under "
                    "way");
  // Whoever comes now is refused at once, and goes elsewhere; in the next life it is heard.
  if (!wants_restart_) listener_.close_listeners();
  service_.begin_stop();
}

void ServiceThread::carry_out(node::ServiceOutput& output) {
  for (const node::LogLine& line : output.lines) log_.write(line.level, line.text);
  if (output.fatal) {  // the checkpoint is damaged
    persistence::Directory::note_damage(service_.config().text("dir"), *output.fatal);
    log_.warning(*output.fatal);
    log_.flush();
    _exit(1);
  }
  // Ahead of what comes behind the CONFIG SET.
  if (service_.config().hot().sync_policy != sync_policy_)
    mail_.log.send(node::LogSyncPolicy{sync_policy_ = service_.config().hot().sync_policy});
  mail_.consensus.send_all(output.to_consensus);
  mail_.state.send_all(output.to_state);
  listener_.carry_out(output);
  if (output.config_rewrite) rewrite_config();
  if (output.users_to_save) save_users(*output.users_to_save);
  if (output.wants_users_file) read_users();
  if (output.wants_shutdown) is_stop_asked_ = true;
  if (output.is_serving && !is_ready_told_) {
    is_ready_told_ = true;
    log_.notice("Ready to accept connections");
    if (!service_.config().text("logfile").empty()) {
      std::puts("Ready to accept connections");
      std::fflush(stdout);
    }
  }
  if (service_.config().text("loglevel") != level_)
    log_.set_level(level_ = service_.config().text("loglevel"));
  if (output.sleep.count() > 0) std::this_thread::sleep_for(output.sleep);  // DEBUG SLEEP
}

void ServiceThread::rewrite_config() {
  std::ifstream in(config_file_, std::ios::binary);
  std::stringstream old_text;
  old_text << in.rdbuf();
  const std::string text = service_.config().rewritten(old_text.str());
  const std::string temporary = config_file_ + ".new";
  const bool is_done =
      write_durably(temporary, text) && std::rename(temporary.c_str(), config_file_.c_str()) == 0;
  service_.on_config_rewritten(is_done ? "" : std::strerror(errno));
}

void ServiceThread::save_users(const std::string& text) {
  const std::string path = service_.config().text("aclfile"), temporary = path + ".new";
  const bool is_done =
      write_durably(temporary, text) && std::rename(temporary.c_str(), path.c_str()) == 0;
  service_.on_users_saved(is_done ? "" : std::strerror(errno));
}

void ServiceThread::read_users() {
  std::string error;
  const std::string text = read_text(service_.config().text("aclfile"), error);
  service_.on_users_file(text, error);
}

}  // namespace server
