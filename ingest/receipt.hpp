// The account of what was received, by the kind of record and by what became of it. It always balances:
//
//   received = new + duplicates + variants + updated + stale + quarantined
//
// for every kind by itself, and the kinds add up to the totals. Updated and stale records are the superseded ones of
// the glossary: another state of a finding that was known. Values only.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "schema/core/error.hpp"

namespace backtrail::ingest {

// What a record is. Unknown: so damaged or foreign that nobody can tell.
enum class RecordKind : std::uint8_t { kFinding, kEvent, kNotice, kUnknown };
inline constexpr std::array kRecordKinds{RecordKind::kFinding, RecordKind::kEvent, RecordKind::kNotice,
                                         RecordKind::kUnknown};

constexpr std::string_view name_of(RecordKind kind) {
  switch (kind) {
    case RecordKind::kFinding:
      return "finding";
    case RecordKind::kEvent:
      return "event";
    case RecordKind::kNotice:
      return "notice";
    case RecordKind::kUnknown:
      return "unknown";
  }
  return "";
}

// What writing did with one record.
enum class RowOutcome : std::uint8_t { kPending, kNew, kDuplicate, kVariant, kUpdated, kStale, kQuarantined };

struct OutcomeCounts {
  std::uint64_t received = 0;
  std::uint64_t fresh = 0;  // "new" in answers; a keyword here
  std::uint64_t duplicates = 0;
  std::uint64_t variants = 0;  // same event id, other content: kept and alerted
  std::uint64_t updated = 0;   // a newer state of a known finding
  std::uint64_t stale = 0;     // an older state of a known finding, kept as a version
  std::uint64_t quarantined = 0;

  bool operator==(const OutcomeCounts&) const = default;
  bool balances() const { return received == fresh + duplicates + variants + updated + stale + quarantined; }
  void add(const OutcomeCounts& other) {
    received += other.received;
    fresh += other.fresh;
    duplicates += other.duplicates;
    variants += other.variants;
    updated += other.updated;
    stale += other.stale;
    quarantined += other.quarantined;
  }
  // The outcomes by the names that answers, metrics and columns use.
  std::array<std::pair<std::string_view, std::uint64_t>, 6> outcomes() const {
    return {{{"new", fresh},
             {"duplicates", duplicates},
             {"variants", variants},
             {"updated", updated},
             {"stale", stale},
             {"quarantined", quarantined}}};
  }
};

struct Receipt : OutcomeCounts {
  std::array<OutcomeCounts, kRecordKinds.size()> by_kind{};
  std::optional<schema::Error> error;  // nothing may be promised to the sender

  const OutcomeCounts& of(RecordKind kind) const { return by_kind[static_cast<std::size_t>(kind)]; }
  OutcomeCounts& of(RecordKind kind) { return by_kind[static_cast<std::size_t>(kind)]; }

  // The totals are exact, and so is every kind.
  bool balances() const {
    OutcomeCounts sum;
    bool exact = OutcomeCounts::balances();
    for (const OutcomeCounts& kind : by_kind) {
      exact = exact && kind.balances();
      sum.add(kind);
    }
    return exact && sum == static_cast<const OutcomeCounts&>(*this);
  }
  void add(const Receipt& other) {
    OutcomeCounts::add(other);
    for (std::size_t kind = 0; kind < by_kind.size(); ++kind) by_kind[kind].add(other.by_kind[kind]);
  }
  // One record more; received too.
  void count(RecordKind kind, RowOutcome outcome) {
    OutcomeCounts one;
    one.received = 1;
    switch (outcome) {
      case RowOutcome::kNew:
        one.fresh = 1;
        break;
      case RowOutcome::kDuplicate:
        one.duplicates = 1;
        break;
      case RowOutcome::kVariant:
        one.variants = 1;
        break;
      case RowOutcome::kUpdated:
        one.updated = 1;
        break;
      case RowOutcome::kStale:
        one.stale = 1;
        break;
      case RowOutcome::kQuarantined:
        one.quarantined = 1;
        break;
      case RowOutcome::kPending:
        BACKTRAIL_ASSERT(false && "a record without an outcome");
    }
    OutcomeCounts::add(one);
    of(kind).add(one);
  }
};

}  // namespace backtrail::ingest
