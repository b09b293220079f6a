// Merges the parts of an old day, without any event being lost, doubled or changed: imports and late events leave
// several for an account and class, and every part costs its readers a look-up, and packs worse than a larger one. The
// directories of the day become one as well, for the same reasons.
//
// By the sealer's protocol, one transaction a run, in one snapshot: read and decode the old parts, put their events in
// a part's order, encode them, decode that again and compare every byte; write the new parts, read them back from the
// database and compare every byte; take the day's lock, which writers hold shared while they look for late duplicates;
// delete the old parts, and undo everything when they are not exactly those that were read; commit. A crash or lost
// connection at any statement leaves the day as it was. Old and new become visible by one commit, so a reader of one
// snapshot sees each event once, and a writer never sees neither or both. Nobody else writes or removes parts of the
// day meanwhile: they hold the sealer's lock of the day (imports that do not get it write rows).
//
// The directory is made anew from the posting lists of all parts of the day, because the old ones keep too few bits of
// a hash for another size. It then no longer names what retention removed.
//
// Parts stay apart, and are reported, when one is damaged, when two entities in them have one hash, when an event is in
// both, and when their records are too large together. Two contents of one event id stay two events. Needs one
// connection of the maintenance role. One object per thread. Memory: the events of one part, about twice, and the
// encoded parts of a run; of a directory kMergedEntriesMax entries.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/seal/merge_plan.hpp"
#include "ingest/seal/sealer.hpp"
#include "schema/core/hash.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest::seal {

// A directory that would name more entities in accounts than this stays in pieces: it would take 200 MB to make.
inline constexpr std::size_t kMergedEntriesMax = 4'000'000;

struct MergeOptions {
  // A run ends with the set of parts that reaches it.
  std::uint64_t run_events = kRunEvents;
  MergeLimits limits{};
  std::size_t entries_max = kMergedEntriesMax;
  // Asked between runs: true ends it there.
  std::function<bool()> stop{};
  // For tests: called before every statement, with its name.
  std::function<void(std::string_view statement)> before_statement{};
  // After each run, with all events merged so far.
  std::function<void(std::uint64_t events)> progress{};
};

struct MergeReport {
  std::uint64_t events = 0, parts_before = 0, parts_after = 0, runs = 0;
  std::uint64_t directories_before = 0;        // that became one; 0: none was to be made
  std::map<std::string, std::string> refused;  // account -> why parts of it stay apart
  std::string directory_refused;               // why the directories stay; empty: they do not
  bool another_seals = false;                  // somebody else is at it: the rest was left
};

struct MergeDay {
  std::int32_t day = 0;
  std::int64_t sealed_us = 0;  // of its newest part; merging does not change it
  bool operator==(const MergeDay&) const = default;
};

// The days that are due, the oldest first. What merge_day refuses stays due: remember the day with its sealed_us.
schema::Result<std::vector<MergeDay>> days_to_merge(schema::Database& maintenance, std::int64_t now_us);
// Merges what there is to merge, whatever the day's age. kTimeout: writers hold the day; what was merged before stays.
schema::Result<MergeReport> merge_day(schema::Database& maintenance, const schema::HashKey& key, std::int32_t day,
                                      const MergeOptions& options);

}  // namespace backtrail::ingest::seal
