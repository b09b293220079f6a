// The doors that senders push through: one call of Pipeline::submit each, the answer comes after the commit.
//
//   POST /ingest/eventbridge   EventBridge API destinations: one event, or an array of them
//   POST /ingest/raw           anything: JSON, NDJSON, gzip, zip, zstd
// What is inside is recognised by its shape, so any payload is accepted at any door. Content that cannot be stored goes
// to quarantine and the answer is still 200; a full queue or a database that is away is 503 with Retry-After, which
// EventBridge retries. Thread-safe.
#pragma once
#include "api/http/router.hpp"
#include "ingest/pipeline.hpp"

namespace backtrail::api {

// EventBridge events are at most 1 MiB since 2026; an array of a custom bus holds many.
inline constexpr std::size_t kEventBridgeBodyBytesMax = 16U * 1024 * 1024;
inline constexpr std::size_t kRawBodyBytesMax = 65U * 1024 * 1024;

void add_ingest_doors(Router& router, ingest::Pipeline& pipeline);

// The receipt as the answer's JSON.
std::string receipt_json(const ingest::Receipt& receipt);

}  // namespace backtrail::api
