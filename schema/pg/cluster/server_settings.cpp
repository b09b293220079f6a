#include "schema/pg/cluster/server_settings.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <sys/statvfs.h>
#include <unistd.h>

namespace backtrail::schema {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

std::string mib(std::uint64_t bytes) {
  return fmt::format("{}MB", bytes / kMiB);
}

std::uint64_t share(std::uint64_t whole, std::uint64_t parts, std::uint64_t low_mib, std::uint64_t high_mib) {
  return std::clamp(whole / parts, low_mib * kMiB, high_mib * kMiB);
}

void add_memory(ServerSettings& out, const MachineFacts& machine) {
  out.emplace_back("shared_buffers", mib(share(machine.memory_bytes, 5, 128, 4096)));
  out.emplace_back("effective_cache_size", mib(share(machine.memory_bytes, 2, 256, 65536)));
  out.emplace_back("maintenance_work_mem", mib(share(machine.memory_bytes, 16, 64, 1024)));
  out.emplace_back("work_mem", mib(share(machine.memory_bytes, 256, 4, 64)));
  // A container's /dev/shm is often 64 MiB; parallel queries and index builds would fail in it.
  if (machine.shared_memory_bytes < 256 * kMiB) out.emplace_back("dynamic_shared_memory_type", "mmap");
}

void add_durability(ServerSettings& out, const MachineFacts& machine, bool fsync) {
  // Few checkpoints under load, but never more log than the disk bears.
  out.emplace_back("max_wal_size", mib(share(machine.disk_free_bytes, 20, 256, 4096)));
  out.emplace_back("min_wal_size", "128MB");
  out.emplace_back("checkpoint_timeout", "15min");
  out.emplace_back("checkpoint_completion_target", "0.9");
  out.emplace_back("synchronous_commit", "on");
  if (fsync) return;
  out.emplace_back("fsync", "off");
  out.emplace_back("full_page_writes", "off");
}

void add_planning(ServerSettings& out) {
  out.emplace_back("random_page_cost", "1.1");  // SSD
  out.emplace_back("jit", "off");               // compiling costs more than our longest query
  out.emplace_back("max_connections", "60");
  // Ninety daily partitions with their indexes in one statement.
  out.emplace_back("max_locks_per_transaction", "512");
  out.emplace_back("timezone", "UTC");
  out.emplace_back("idle_in_transaction_session_timeout", "10min");
}

// Log lines must not carry record contents: attackers write those. Hence no parameters and no DETAIL lines.
void add_logging(ServerSettings& out) {
  out.emplace_back("logging_collector", "on");
  out.emplace_back("log_filename", "postgresql-%Y%m%d-%H%M%S.log");
  out.emplace_back("log_rotation_size", "10MB");
  out.emplace_back("log_rotation_age", "1d");
  out.emplace_back("log_timezone", "UTC");
  out.emplace_back("log_line_prefix", "%m [%p] %q%u@%d/%a ");
  out.emplace_back("log_error_verbosity", "terse");
  out.emplace_back("log_parameter_max_length", "0");
  out.emplace_back("log_parameter_max_length_on_error", "0");
  out.emplace_back("log_min_duration_statement", "5s");
  out.emplace_back("log_lock_waits", "on");
  out.emplace_back("log_checkpoints", "on");
  out.emplace_back("log_autovacuum_min_duration", "10s");
}

std::uint64_t number_in(const char* path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? value : 0;  // "max" is no number: no limit
}

}  // namespace

ServerSettings server_settings(const MachineFacts& machine, bool fsync) {
  ServerSettings out;
  add_memory(out, machine);
  add_durability(out, machine, fsync);
  add_planning(out);
  add_logging(out);
  return out;
}

MachineFacts this_machine(const std::string& directory) {
  MachineFacts facts;
  facts.memory_bytes =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGE_SIZE));
  for (const char* limit : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    if (const auto bytes = number_in(limit); bytes != 0) facts.memory_bytes = std::min(facts.memory_bytes, bytes);
  }
  struct statvfs disk {};
  if (statvfs(directory.c_str(), &disk) == 0) facts.disk_free_bytes = disk.f_bavail * disk.f_frsize;
  struct statvfs shared {};
  if (statvfs("/dev/shm", &shared) == 0) facts.shared_memory_bytes = shared.f_blocks * shared.f_frsize;
  return facts;
}

std::string settings_file(const ServerSettings& settings) {
  std::string out;
  for (const auto& [name, value] : settings) {
    out += name + " = '";
    for (const char c : value) {
      if (c == '\'' || c == '\\') out += c;
      out += c == '\n' ? ' ' : c;
    }
    out += "'\n";
  }
  return out;
}

bool is_setting_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

}  // namespace backtrail::schema
