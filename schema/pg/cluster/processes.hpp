// The PostgreSQL processes of a data directory, found by what they are rather than by what a pid file says.
//
// After a kill -9 the pid file lies: its number may belong to a zombie that nobody reaps, or to another program by now,
// and back ends may outlive their postmaster. Every PostgreSQL process works inside its data directory, so /proc tells
// exactly which are left. Removing the pid file is safe only when none is.
#pragma once
#include <chrono>
#include <filesystem>
#include <sys/types.h>
#include <vector>

#include "schema/core/error.hpp"

namespace backtrail::schema {

// Living processes named postgres whose working directory is `data`; empty on a machine without /proc.
std::vector<pid_t> postgres_processes(const std::filesystem::path& data);

// Ends what an earlier program left behind in `data`: a fast shutdown first, then by force; then removes the stale pid
// file. kIo names the processes that would not go. Call only with the directory's lock held.
Result<void> end_leftovers(const std::filesystem::path& data, std::chrono::seconds patience);

}  // namespace backtrail::schema
