#include "server/process_facts.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <cstdio>

#include "server/allocator.h"

namespace server {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::uint64_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long total = 0, resident = 0;
  const int found = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return found == 2 ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

node::ProcessFacts read_process_facts() {
  node::ProcessFacts facts;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  struct sysinfo system {};
  ::sysinfo(&system);
  facts.resident_bytes = resident_bytes();
  read_allocator(facts);
  facts.total_system_bytes = static_cast<std::uint64_t>(system.totalram) * system.mem_unit;
  facts.user_cpu_s = seconds(usage.ru_utime);
  facts.system_cpu_s = seconds(usage.ru_stime);
  rusage thread{};
  getrusage(RUSAGE_THREAD, &thread);
  facts.service_user_cpu_s = seconds(thread.ru_utime);
  facts.service_system_cpu_s = seconds(thread.ru_stime);
  return facts;
}

}  // namespace server
