// Stores new events as parts at once (schema/block_format), instead of as rows that maintenance would turn into parts
// later: most of what a row costs is its indexes.
//
// For batches that were gathered (gathering.hpp), in the writer's transaction. A day is taken alone, as the sealer
// takes it: no writer of rows and no sealer is at it until the commit, so that what is looked up here stays true. What
// an event is (new, duplicate, variant) is decided by event_writer.cpp as for rows. A part is decoded again and
// compared before it is written. Rows remain: copies in OCSF, two entities with one hash, a few events beside rows or
// many parts, days that somebody else is at (today, while deliveries come in through the doors).
//
// Throws what the transaction throws.
#pragma once
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ingest/load/batch.hpp"
#include "ingest/load/sealed_probe.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest {

// Every part costs its readers a look-up, so one more must be worth it: so many events for each that the account has of
// the day. Whoever imports every minute makes a few dozen parts a day, and rows beside them.
inline constexpr std::size_t kPartEventsEach = 16;
// Where there are no rows, the first few parts may be of any size: a day's first row costs more, the tables of rows.
inline constexpr int kFreeParts = 8;
// How many events one more part must have, at least, beside so many others.
std::size_t loaded_part_events_min(int parts, bool beside_rows);
// Another importer of the same day is waited for; then the events become rows. Where deliveries come in all the time,
// waiting is in vain.
inline constexpr int kPartLockWaitMs = 2'000;
inline constexpr int kYoungPartLockWaitMs = 200;

using DayAccounts = std::set<std::pair<std::int32_t, std::string>>;

// Which accounts' days may become parts. `events` are in the order of day, account, id and fingerprint, here and below.
DayAccounts part_days(const std::vector<Row*>& events);
// Takes a day alone until the transaction ends. False: somebody else is at it.
bool lock_part_day(schema::Transaction& tx, std::int32_t day, std::int64_t now_us);

struct LoadedParts {
  // Now in parts. Of `beside_rows`, rows with other content may be stored; of `alone`, nothing is a row.
  std::vector<Row*> beside_rows, alone;
};
// Stores what it can of `events` and takes it out of them, with its outcome: new or duplicate. Ids that were told with
// several contents are added to `sealed`.
LoadedParts load_parts(schema::Transaction& tx, const DayAccounts& days, std::vector<Row*>& events, SealedForms& sealed,
                       std::int64_t now_us);

}  // namespace backtrail::ingest
