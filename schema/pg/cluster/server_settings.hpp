// PostgreSQL settings for a machine: a pure function of its size, and the text of the configuration file.
//
// Kept apart from the private cluster so that the choices can be read, argued and tested without a server. Memory is
// shared with our own program and the page cache, so shared_buffers stays below the usual quarter.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backtrail::schema {

struct MachineFacts {
  std::uint64_t memory_bytes = 0;         // of this machine, or of the container if that is less
  std::uint64_t disk_free_bytes = 0;      // where the data directory is
  std::uint64_t shared_memory_bytes = 0;  // size of /dev/shm
};

using ServerSettings = std::vector<std::pair<std::string, std::string>>;

// `fsync` false is for tests only: a power cut then loses the cluster.
ServerSettings server_settings(const MachineFacts& machine, bool fsync);

// The facts of this machine; `directory` exists.
MachineFacts this_machine(const std::string& directory);

// name = 'value' lines, quoted as postgresql.conf wants it. A later line wins over an earlier one.
std::string settings_file(const ServerSettings& settings);

// Lower-case letters, digits, '_' and '.': what a setting's name may hold.
bool is_setting_name(std::string_view name);

}  // namespace backtrail::schema
