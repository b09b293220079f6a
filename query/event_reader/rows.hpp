// Events as rows: the only code that reads api_event and event_mention.
//
// One object answers one filter inside one transaction, so that its listing and its counts are of one snapshot. Days
// whose tables are empty, as those of sealed days are, are not asked: a statement pays for every table that it might
// read. Hits are by hash: whoever shows an event checks its text (event_view.hpp). Belongs to the transaction's thread;
// throws what the transaction throws.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/event_reader/event_source.hpp"
#include "query/event_reader/row_question.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::query {

// Counts by a hash, before anybody looked up what it stands for.
struct HashCount {
  int facet = 0;
  std::int64_t hash = 0;
  OutcomeCounts counts;
  std::int64_t first_us = 0, last_us = 0;
};

struct RowGroups {
  EventGroups groups;  // without the lists that are counted by hash
  std::vector<HashCount> by_hash;
};

// An event of a facet's hash.
struct HashText {
  int facet = 0;
  std::int64_t hash = 0;
  std::string raw;  // as stored
};

inline constexpr int kFacetIpAddress = 4, kFacetAccessKey = 5, kFacetUserAgent = 6, kFacetSession = 7,
                     kFacetPrincipal = 8;

class EventRows {
 public:
  EventRows(schema::Transaction& tx, RowQuestion question) : tx_(tx), question_(std::move(question)) {}

  // The newest `limit` events before `position`, newest first.
  std::vector<StoredEvent> newest(const EventPosition& position, std::size_t limit);
  std::uint64_t count();
  // Buckets without events are left out.
  std::vector<VolumeBucket> volume(std::int64_t bucket_s);
  RowGroups groups(std::size_t values_max);
  std::vector<HashText> texts(const std::vector<HashCount>& hashes);

 private:
  // Leaves out days without rows. False: there are none.
  bool narrow();
  std::vector<StoredEvent> newest_by(const CommonParameters& common, const std::string& limit);
  std::uint64_t count_single();
  schema::Transaction& tx_;
  RowQuestion question_;
  bool narrowed_ = false;
};

// The first and last of some days that may have rows; nothing: none has.
struct RowDays {
  std::int32_t first = 0, last = 0;
};
std::optional<RowDays> row_days(schema::Transaction& tx, std::int32_t from_day, std::int32_t to_day);

// By identity and by event id alone; newest first.
struct EventIdentity {
  std::int32_t day = 0;
  std::string account_id;
  schema::Uuid event_id{}, content_fp{};
};
std::optional<StoredEvent> find_row(schema::Transaction& tx, const EventIdentity& identity);
std::vector<StoredEvent> find_rows(schema::Transaction& tx, const schema::Uuid& event_id, std::size_t limit);

}  // namespace backtrail::query
