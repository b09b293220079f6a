#include "api/doors/firehose.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/auth/authenticator.hpp"
#include "api/doors/door.hpp"
#include "ingest/decode/decode.hpp"
#include "ingest/envelope/envelope.hpp"
#include "schema/core/time.hpp"

namespace backtrail::api {
namespace {

using nlohmann::json;
using schema::Code;
using schema::fail;

std::int64_t now_ms() {
  return schema::now_us() / 1000;
}

std::string header_id(const Request& request) {
  return std::string(request.header("X-Amz-Firehose-Request-Id").value_or(""));
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

Response answer(std::string_view id, int status = 200, std::string_view error = {}) {
  return respond::json(firehose_answer(id, now_ms(), error), status);
}

// The body's own id when the body is a Firehose request.
std::string body_id(const std::string& text) {
  const auto id = ingest::firehose_request_id(text);
  return id ? *id : std::string();
}

void deliver(ingest::Intake& intake, ingest::Delivery delivery, const std::shared_ptr<const Request>& request,
             std::string id, const Done& done) {
  intake.submit(std::move(delivery), [request, id = std::move(id), done](const ingest::Receipt& receipt) {
    done(receipt.error ? firehose_refusal(*request, not_stored(*receipt.error, *request)) : answer(id));
  });
}

void handle(ingest::Intake& intake, const std::shared_ptr<const Request>& request, const Done& done) {
  if (request->body.empty()) return done(firehose_refusal(*request, no_body()));
  const auto attributes = read_common_attributes(request->header("X-Amz-Firehose-Common-Attributes").value_or(""));
  if (!attributes) return done(firehose_refusal(*request, {.status = 400, .detail = attributes.error().detail}));

  // By its first bytes, whatever Content-Encoding says. What cannot be inflated goes to quarantine as it is.
  std::string text;
  bool readable = true;
  if (ingest::container_of(request->body) == ingest::Container::kNone) {
    text = request->take_body();
  } else {
    auto decoded = ingest::decode(request->body, {});
    readable = decoded.failures.empty() && decoded.documents.size() == 1;
    if (readable)
      text = std::move(decoded.documents.front().text);
    else
      text = request->take_body();
  }
  const std::string from_header = header_id(*request), from_body = readable ? body_id(text) : std::string();
  if (!from_header.empty() && !from_body.empty() && from_header != from_body)
    return done(firehose_refusal(
        *request, {.status = 400, .detail = "The requestId in the body is not the one in X-Amz-Firehose-Request-Id."}));
  // Something else than Firehose may send here too; it gets an id of ours.
  std::string id = !from_header.empty() ? from_header : !from_body.empty() ? from_body : request->request_id;

  auto delivery = delivery_of(*request, "firehose", caller_of(*request), std::move(text));
  delivery.sender_request_id = sender_text(id);
  delivery.source = sender_text(request->header("X-Amz-Firehose-Source-Arn").value_or(""));
  if (!attributes->empty()) delivery.attributes = json(*attributes).dump();
  deliver(intake, std::move(delivery), request, std::move(id), done);
}

}  // namespace

std::string firehose_answer(std::string_view request_id, std::int64_t now_ms, std::string_view error) {
  nlohmann::ordered_json body{{"requestId", request_id}, {"timestamp", now_ms}};
  if (!error.empty()) body["errorMessage"] = error.substr(0, kFirehoseErrorBytesMax);
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

Response firehose_refusal(const Request& request, const Problem& problem) {
  const Problem given = retriable(problem);
  const int status = given.status == 413 ? 400 : given.status;
  std::string message = given.detail.empty() ? given.title : given.detail;
  if (!given.hint.empty()) message += " " + given.hint;
  Response response = answer(header_id(request), status, message);
  if (given.retry_after_s) response.headers.set("Retry-After", std::to_string(*given.retry_after_s));
  return response;
}

schema::Result<std::map<std::string, std::string>> read_common_attributes(std::string_view header) {
  std::map<std::string, std::string> attributes;
  if (header.empty()) return attributes;
  const auto wrong = fail(Code::kBadParameter,
                          "X-Amz-Firehose-Common-Attributes is not {\"commonAttributes\": {name: value}} of at most 50 "
                          "names of 256 and values of 1024 characters.");
  const json document = json::parse(header, nullptr, false);
  if (!document.is_object() || document.size() != 1 || !document.contains("commonAttributes")) return wrong;
  const json& pairs = document["commonAttributes"];
  if (!pairs.is_object() || pairs.size() > kCommonAttributesMax) return wrong;
  for (const auto& [name, value] : pairs.items()) {
    if (!value.is_string() || name.empty() || characters(name) > kCommonAttributeNameMax) return wrong;
    auto text = value.get<std::string>();
    if (characters(text) > kCommonAttributeValueMax) return wrong;
    attributes.emplace(name, std::move(text));
  }
  return attributes;
}

AsyncHandler firehose_door(ingest::Intake& intake) {
  return [&intake](const std::shared_ptr<const Request>& request, const Done& done) { handle(intake, request, done); };
}

}  // namespace backtrail::api
