// The doors that senders push through: one call of Pipeline::submit each, the answer comes after the commit.
//
//   POST /ingest/eventbridge   EventBridge API destinations: one event, or an array of them
//   POST /ingest/firehose      Amazon Data Firehose, HTTP endpoint destination
//   POST /ingest/sns           Amazon SNS, HTTPS subscriptions
//   POST /ingest/raw           anything: JSON, NDJSON, gzip, zip, zstd
// What is inside is recognised by its shape, so any payload is accepted at any door, whatever Content-Type says.
// Content that cannot be stored goes to quarantine and the answer is still 200. Each answers as its sender's contract
// demands; what they have in common is in door.hpp. Thread-safe.
#pragma once
#include <optional>

#include "api/auth/authenticator.hpp"
#include "api/doors/sns.hpp"
#include "api/http/router.hpp"
#include "ingest/intake.hpp"

namespace backtrail::api {

// EventBridge events are at most 1 MiB since 2026; an array of a custom bus holds many.
inline constexpr std::size_t kEventBridgeBodyBytesMax = 16 * kMiB;
inline constexpr std::size_t kRawBodyBytesMax = 65 * kMiB;
// A message is at most 256 KB, and twice that with every character escaped. Strangers may send so much too.
inline constexpr std::size_t kSnsBodyBytesMax = kEventBodyBytesMax;

// RouteOptions::auth of the SNS door: a key, or nothing where signatures are checked.
inline constexpr const char* kNeedsKeyOrSignature = "ingest, or signed";

// `sns` must outlive the router.
void add_ingest_doors(Router& router, ingest::Intake& intake, SnsDoor& sns);

// For ServerOptions::authorise on the doors' routes: like Authenticator::authorise, but in the words of the sender.
// Nothing for another route.
bool is_door(const Request& request);
std::optional<Response> authorise_door(Authenticator& authenticator, const SnsDoor* sns, Request& request);

// A refusal as the sender of this door reads it.
Response door_refusal(const Request& request, const Problem& problem);

// Hands the delivery over and answers with the receipt.
void submit(ingest::Intake& intake, ingest::Delivery delivery, const std::shared_ptr<const Request>& request,
            const Done& done);

// The receipt as the answer's JSON.
std::string receipt_json(const ingest::Receipt& receipt);

}  // namespace backtrail::api
