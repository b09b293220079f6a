// Starts a program as a child of ours, under another user if asked, with nothing of ours left open in it.
//
// For the private PostgreSQL and the tools that make it: they must never run as root, never hear the terminal's Ctrl-C
// before we do, and never outlive us. The child is in its own process group, has default signals and a small
// environment. Any thread may call; with `signal_on_parent_death` the signal comes when the *calling thread* ends (this
// is how Linux defines it), so that thread must live as long as the child. Errors are kIo and say which step failed.
#pragma once
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

#include "schema/core/error.hpp"

namespace backtrail::schema {

// A user to run as; only root can become another one.
struct UserIdentity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;  // for messages; the number when the user has no name
};

// The user with this name, or kNotFound.
Result<UserIdentity> find_user(const std::string& name);
// The user with this number, named if the system knows a name.
UserIdentity user_of(uid_t uid, gid_t gid);
UserIdentity current_user();

struct ChildProcessOptions {
  std::vector<std::string> arguments;  // arguments[0] is the program's absolute path
  UserIdentity user = current_user();
  std::filesystem::path directory = "/";  // the child's working directory
  std::filesystem::path output;           // stdout and stderr go here, appended; "" discards them
  int signal_on_parent_death = 0;         // 0: none
};

// The running child's process id. The caller waits for it.
Result<pid_t> start_child(const ChildProcessOptions& options);

// Starts the child and waits for it: its exit status, or 128 + the signal that ended it.
Result<int> run_child(const ChildProcessOptions& options);

// Waits for a child of ours, through interruptions; the status as run_child gives it.
int wait_for_child(pid_t child);

}  // namespace backtrail::schema
