// A delivery: bytes that somebody handed over at a door. Its receipt accounts for every record in them. Values only.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "ingest/receipt.hpp"
#include "schema/core/hash.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::ingest {

// The quarantined record that a delivery hands in again.
struct QuarantineKey {
  std::string account_id;  // "" when none could be read
  schema::Uuid id{};
};

struct Delivery {
  schema::Uuid id{};
  std::string door;    // "eventbridge", "raw", "import"
  std::string key_id;  // "" for a local import
  std::string origin;  // file path or request id: where an operator finds it again
  std::string body;
  schema::AccountScope scope = schema::AccountScope::none();  // what the key may write
  std::int64_t received_us = 0;
  std::optional<QuarantineKey> replay_of;
  std::size_t decoded_bytes_max = 65U * 1024 * 1024;  // what the body may grow to when it is decompressed
};

using ReceiptCallback = std::function<void(const Receipt&)>;

}  // namespace backtrail::ingest
