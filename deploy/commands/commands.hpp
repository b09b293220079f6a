// The sub-commands: each adds itself to the command line and sets `exit_code` when it ran.
//
// Exit codes: 0 done, 1 it failed, 2 the command line is wrong, 3 done but with something left to look at (files that
// could not be imported). Results go to standard output, progress and errors to standard error; --json prints one JSON
// document.
#pragma once
#include <CLI/CLI.hpp>

#include "schema/core/error.hpp"

namespace backtrail::commands {

inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kLeftOver = 3;

void add_up(CLI::App& app, int& exit_code);
void add_migrate(CLI::App& app, int& exit_code);
void add_import(CLI::App& app, int& exit_code);
void add_sample(CLI::App& app, int& exit_code);
void add_lookup(CLI::App& app, int& exit_code);
void add_reconcile(CLI::App& app, int& exit_code);
void add_key(CLI::App& app, int& exit_code);
void add_accounts(CLI::App& app, int& exit_code);
void add_retention(CLI::App& app, int& exit_code);
void add_hold(CLI::App& app, int& exit_code);
void add_archive(CLI::App& app, int& exit_code);
void add_seal(CLI::App& app, int& exit_code);
void add_unseal(CLI::App& app, int& exit_code);
void add_verify(CLI::App& app, int& exit_code);
void add_spool(CLI::App& app, int& exit_code);
void add_quarantine(CLI::App& app, int& exit_code);

// Prints "error: …" and gives kFailed.
int report(const schema::Error& error);

}  // namespace backtrail::commands
