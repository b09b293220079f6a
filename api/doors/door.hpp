// What every door has in common: a delivery made of a request, and refusals that no sender mistakes.
//
// A sender of AWS throws an event away when it gets an answer that it takes as final, so a fault that will pass, or
// that is ours, is always a 503 with Retry-After (EventBridge, Firehose and SNS all try again after it). Final answers
// are for wrong credentials, wrong paths and sizes that no such sender has. Thread-safe.
#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "ingest/delivery.hpp"

namespace backtrail::api {

// How long an answer may take, below what each sender waits: EventBridge 5 s, SNS 15 s, Firehose 180 s.
inline constexpr std::chrono::seconds kEventBridgeDeadline{4};
inline constexpr std::chrono::seconds kSnsDeadline{10};
inline constexpr std::chrono::seconds kFirehoseDeadline{60};
inline constexpr std::chrono::seconds kRawDeadline{60};

inline constexpr int kDoorRetryAfter_s = 2;

// The request's body as a delivery by this caller; moves nothing.
ingest::Delivery delivery_of(const Request& request, const char* door, const Caller& caller, std::string body);

// A sender's header for the ledger: printable ASCII, '?' for anything else, cut at kSenderTextBytesMax.
inline constexpr std::size_t kSenderTextBytesMax = 512;
std::string sender_text(std::string_view text);

// A body of no bytes: some proxy lost it, for no sender has one.
Problem no_body();
// Nothing of the delivery was stored: why does not matter to the sender.
Problem not_stored(const schema::Error& error, const Request& request);
// What the server itself says on a route of a door, with what a sender would take as final made a 503.
Problem retriable(Problem problem);

}  // namespace backtrail::api
