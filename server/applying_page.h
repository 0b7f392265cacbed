// The page in the data directory that says which element of the log is being applied, mapped into
// memory: storing there costs no call, and the kernel keeps it when the process dies. A process
// that dies twice at the same element, with no success in between, would die for ever: the third
// start is refused, with what to do about it (DESIGN decision 7).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "node/config/applying.h"

namespace server {

class ApplyingPage {
 public:
  // Of the directory at `path`; makes the file. Counts a death that the last run has left. Without
  // the file a node works as well, so an error is only to be told.
  [[nodiscard]] static base::Result<std::unique_ptr<ApplyingPage>> open(const std::string& path);
  ~ApplyingPage();
  ApplyingPage(const ApplyingPage&) = delete;
  ApplyingPage& operator=(const ApplyingPage&) = delete;

  // For the service of this run.
  [[nodiscard]] node::Applying& applying() { return page_->now; }
  // The element at which the runs before died, and how many did so one after the other.
  [[nodiscard]] std::uint64_t died_index() const { return page_->died_index; }
  [[nodiscard]] std::uint64_t died_element() const { return page_->died_element; }
  [[nodiscard]] std::uint64_t deaths() const { return page_->deaths; }
  // What led to them is out of the way.
  void forget_deaths();

  static constexpr std::uint64_t kDeathsMax = 2;

 private:
  struct Page {
    std::uint64_t magic = 0;
    node::Applying now = {};
    std::uint64_t died_index = 0, died_element = 0, deaths = 0;
  };
  explicit ApplyingPage(Page* page) : page_(page) {}
  void count_death();

  Page* page_;
};

}  // namespace server
