// PostgreSQL's log files in a private cluster: bounded, and quoted when a start fails.
#pragma once
#include <filesystem>
#include <string>

namespace backtrail::schema {

// PostgreSQL starts a new file at 10 MB and never removes one; this keeps the newest.
constexpr std::size_t kClusterLogFilesMax = 10;

// What the programs print before PostgreSQL has its own log; replaced at every start.
std::filesystem::path startup_log(const std::filesystem::path& log_directory);

void prune_logs(const std::filesystem::path& log_directory);

// The end of startup.log and of the newest log file, for an error message.
std::string last_words(const std::filesystem::path& log_directory);

}  // namespace backtrail::schema
