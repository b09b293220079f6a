// A delivery: bytes that somebody handed over at a door. Its receipt accounts for every record in them. Values only.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ingest/receipt.hpp"
#include "schema/core/hash.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::ingest {

class Gathering;

// The quarantined record that a delivery hands in again.
struct QuarantineKey {
  std::string account_id;  // "" when none could be read
  schema::Uuid id{};
};

// The door of empty deliveries that only try whether something can be stored. They are no part of the books.
inline constexpr const char* kCanaryDoor = "canary";

struct Delivery {
  schema::Uuid id{};
  std::string door;    // "eventbridge", "firehose", "sns", "raw", "import"
  std::string key_id;  // "" for a local import
  std::string origin;  // file path or request id: where an operator finds it again
  // What the sender says of itself; "" where it does not. Text of the sender's choice.
  std::string sender_request_id;  // the same when it sends the same again
  std::string source;             // an ARN: the Firehose stream, the SNS topic
  std::string attributes;         // a JSON object
  std::string body;
  std::shared_ptr<const void> lease;                          // tells whoever counts the body's bytes that it is gone
  schema::AccountScope scope = schema::AccountScope::none();  // what the key may write
  std::int64_t received_us = 0;
  std::optional<QuarantineKey> replay_of;
  // Why it goes to quarantine whole, unread: storing it failed again and again. "": it is read.
  std::string unstorable;
  // Its rows are written together with those of others (load/gathering.hpp); null: as they come.
  std::shared_ptr<Gathering> gathering;
  // Until the delivery is settled: somebody may still have to write its bytes to the spool.
  bool keep_body = false;
  std::size_t decoded_bytes_max = 65U * 1024 * 1024;  // what the body may grow to when it is decompressed
};

using ReceiptCallback = std::function<void(const Receipt&)>;

}  // namespace backtrail::ingest
