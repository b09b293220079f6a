// What the event reader gives back, whatever form the events are stored in: rows of recent days, or sealed parts.
//
// A listing is ordered by position, newest first, and an event is in it once. Sources are asked with one filter and
// their answers merged (merge.hpp); counts of disjoint sources add up. Values only: thread-safe.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/core/hash.hpp"
#include "schema/core/time.hpp"
#include "schema/model/api_event.hpp"

namespace backtrail::query {

// The key of every listing.
struct EventPosition {
  std::int64_t time_us = 0;
  schema::Uuid event_id{}, content_fp{};
  auto operator<=>(const EventPosition&) const = default;
};

// Everything of a half-open range is before its end.
inline EventPosition end_of(const schema::TimeRange& range) {
  return {range.to_us, {}, {}};
}

struct StoredEvent {
  EventPosition position;
  std::string account_id;
  std::int64_t received_us = 0;
  std::int32_t flags = 0;
  schema::EventClass event_class = schema::EventClass::kManagement;
  schema::Outcome outcome = schema::Outcome::kOk;
  std::optional<bool> read_only;
  std::string region, service, api, error_code;
  std::string raw;  // as stored: schema/block_format/raw_codec.hpp
  // Events with one number stand in one posting list of one part, which alone makes them hits. 0: in none.
  std::size_t list = 0;
};

struct OutcomeCounts {
  std::uint64_t ok = 0, denied = 0, failed = 0;
  std::uint64_t total() const { return ok + denied + failed; }
  void add(schema::Outcome outcome, std::uint64_t n) {
    (outcome == schema::Outcome::kOk ? ok : outcome == schema::Outcome::kDenied ? denied : failed) += n;
  }
  bool operator==(const OutcomeCounts&) const = default;
};

struct VolumeBucket {
  std::int64_t at_us = 0;
  OutcomeCounts counts;
  bool operator==(const VolumeBucket&) const = default;
};

struct ApiCount {
  std::string service, api;
  OutcomeCounts counts;
  bool operator==(const ApiCount&) const = default;
};

struct ValueCount {
  std::string value;
  OutcomeCounts counts;
  std::int64_t first_us = 0, last_us = 0;
  std::string name = {};  // what people call it; of principals only
  bool operator==(const ValueCount&) const = default;
};

// Counts by what events have in common, each list the most frequent first.
struct EventGroups {
  OutcomeCounts totals;
  std::optional<std::int64_t> first_us, last_us;
  std::vector<ApiCount> apis;
  std::vector<ValueCount> accounts, regions, ip_addresses, access_keys, user_agents, sessions, principals;
};

}  // namespace backtrail::query
