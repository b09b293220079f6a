// Turns the rows of a day into parts (schema/block_format), without any event being lost, doubled or changed.
//
// One transaction a run of accounts, in one snapshot: read the rows; encode them, decode that again and compare every
// byte; write part, blocks, posting lists, figures and directory; read all of it back from the database and compare
// every byte with what was encoded; take the day's lock, which
// writers hold shared; delete the rows, and undo everything when they are not exactly those that were read; commit. A
// crash or lost connection at any statement leaves the day as it was. Rows and parts become visible by one commit, so a
// reader of one snapshot sees each event once. Writers that find a part look for late duplicates in it
// (ingest/load/sealed_probe.hpp).
//
// What cannot be sealed stays rows and is reported: records that are damaged, values that the format has no room for,
// and two entities with one hash. Copies in OCSF stay rows. Needs one connection of the maintenance role. One object
// per thread.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/seal/planner.hpp"
#include "schema/core/hash.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest::seal {

// A run ends with the account that reaches it: some seconds, of which the day is locked for the last part of one.
inline constexpr std::uint64_t kRunEvents = 50'000;
// The sealer waits this long for writers of the day, and lets them go on otherwise.
inline constexpr int kSealLockWaitMs = 2'000;
inline constexpr int kSealTries = 3;

struct SealOptions {
  std::int64_t now_us = 0;
  std::uint64_t run_events = kRunEvents;
  // Asked between runs: true ends it there.
  std::function<bool()> stop{};
  // For tests: called before every statement, with its name.
  std::function<void(std::string_view statement)> before_statement{};
  // After each run, with all events sealed so far.
  std::function<void(std::uint64_t events)> progress{};
};

struct SealReport {
  std::uint64_t events = 0, parts = 0, runs = 0;
  std::map<std::string, std::string> refused;  // account -> why its events of the day stay rows
  bool another_seals = false;                  // somebody else is at it: nothing was done
};

// The days that plan_seals chooses.
schema::Result<std::vector<std::int32_t>> days_to_seal(schema::Database& maintenance, std::int64_t now_us);
// Seals what the day has as rows. kTimeout: writers hold the day; what was sealed before stays.
schema::Result<SealReport> seal_day(schema::Database& maintenance, const schema::HashKey& key, std::int32_t day,
                                    const SealOptions& options);
// Makes the indexes of the day's rows small again; false when somebody was in the way.
schema::Result<bool> shrink_day(schema::Database& maintenance, std::int32_t day);

}  // namespace backtrail::ingest::seal
