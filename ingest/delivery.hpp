// A delivery: bytes that somebody handed over at a door, and the receipt that accounts for every record in them.
//
// Always: received = fresh + duplicates + variants + updated + stale + quarantined. Values only.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "schema/core/error.hpp"
#include "schema/core/hash.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::ingest {

struct Delivery {
  schema::Uuid id{};
  std::string door;    // "eventbridge", "raw", "import"
  std::string key_id;  // "" for a local import
  std::string origin;  // file path or request id: where an operator finds it again
  std::string body;
  schema::AccountScope scope = schema::AccountScope::none();  // what the key may write
  std::int64_t received_us = 0;
  std::size_t decoded_bytes_max = 65U * 1024 * 1024;  // what the body may grow to when it is decompressed
};

struct Receipt {
  std::uint64_t received = 0;
  std::uint64_t fresh = 0;  // "new" in answers; a keyword here
  std::uint64_t duplicates = 0;
  std::uint64_t variants = 0;  // same event id, other content: kept and alerted
  std::uint64_t updated = 0;   // a newer state of a known finding
  std::uint64_t stale = 0;     // an older state of a known finding, kept as a version
  std::uint64_t quarantined = 0;
  std::optional<schema::Error> error;  // nothing may be promised to the sender

  bool balances() const { return received == fresh + duplicates + variants + updated + stale + quarantined; }
  void add(const Receipt& other) {
    received += other.received;
    fresh += other.fresh;
    duplicates += other.duplicates;
    variants += other.variants;
    updated += other.updated;
    stale += other.stale;
    quarantined += other.quarantined;
  }
};

using ReceiptCallback = std::function<void(const Receipt&)>;

}  // namespace backtrail::ingest
