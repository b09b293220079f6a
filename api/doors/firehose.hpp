// POST /ingest/firehose: the HTTP endpoint destination of Amazon Data Firehose.
//
// Firehose takes only one answer as delivered: 200, application/json with a Content-Length, no compression, and a body
// {"requestId": what it sent, "timestamp": milliseconds}. With "errorMessage" and any other status it tries again, but
// for 413: that loses the batch for good, so it is never given here. What cannot be read is quarantined and answered
// with 200. Source: the vendor's "HTTP Endpoint Delivery Request and Response Specifications". Pure but for
// the handler; thread-safe.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/router.hpp"
#include "ingest/intake.hpp"

namespace backtrail::api {

inline constexpr std::size_t kFirehoseErrorBytesMax = 8192;
inline constexpr std::size_t kCommonAttributesMax = 50;
inline constexpr std::size_t kCommonAttributeNameMax = 256;    // characters
inline constexpr std::size_t kCommonAttributeValueMax = 1024;  // characters

inline constexpr const char* kFirehosePath = "/ingest/firehose";

// The answer's body; without an error it says that everything is durable.
std::string firehose_answer(std::string_view request_id, std::int64_t now_ms, std::string_view error = {});
// Any refusal on the route in the form that Firehose reads; 413 becomes 400, 408 becomes 503.
Response firehose_refusal(const Request& request, const Problem& problem);

// The X-Amz-Firehose-Common-Attributes header; empty: none. kBadParameter beyond the limits that Firehose itself has.
schema::Result<std::map<std::string, std::string>> read_common_attributes(std::string_view header);

AsyncHandler firehose_door(ingest::Intake& intake);

}  // namespace backtrail::api
