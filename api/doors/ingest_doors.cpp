#include "api/doors/ingest_doors.hpp"

#include <algorithm>
#include <array>

#include "api/doors/door.hpp"
#include "api/doors/firehose.hpp"
#include "api/rest/receipt_json.hpp"

namespace backtrail::api {
namespace {

constexpr const char* kEventBridgePath = "/ingest/eventbridge";
constexpr const char* kRawPath = "/ingest/raw";

// The body as it is; the Range header that EventBridge sends with a POST means nothing.
AsyncHandler plain_door(ingest::Intake& intake, const char* name) {
  return [&intake, name](const std::shared_ptr<const Request>& request, const Done& done) {
    if (request->body.empty()) return done(door_refusal(*request, no_body()));
    submit(intake, delivery_of(*request, name, caller_of(*request), request->take_body()), request, done);
  };
}

RouteOptions door_options(std::size_t body_bytes_max, std::chrono::milliseconds deadline) {
  RouteOptions options;
  options.auth = kNeedsIngest;
  options.run_on = RunOn::kIngestWorker;
  options.body_limit_bytes = body_bytes_max;
  options.deadline = deadline;
  options.render_error = door_refusal;
  return options;
}

}  // namespace

std::string receipt_json(const ingest::Receipt& receipt) {
  return dump(receipt_counts_json(receipt));
}

Response door_refusal(const Request& request, const Problem& problem) {
  if (request.route == kFirehosePath) return firehose_refusal(request, problem);
  Response response = respond::problem(request, retriable(problem));
  // SNS sends the name and password of its URL only after it was asked for them.
  if (response.status == 401)
    response.headers.set("WWW-Authenticate", request.route == kSnsPath ? "Basic realm=\"backtrail\"" : "Bearer");
  return response;
}

void submit(ingest::Intake& intake, ingest::Delivery delivery, const std::shared_ptr<const Request>& request,
            const Done& done) {
  intake.submit(std::move(delivery), [request, done](const ingest::Receipt& receipt) {
    if (receipt.error)
      done(door_refusal(*request, not_stored(*receipt.error, *request)));
    else
      done(respond::json(receipt_json(receipt)));
  });
}

bool is_door(const Request& request) {
  constexpr std::array<std::string_view, 4> kDoors{kEventBridgePath, kFirehosePath, kSnsPath, kRawPath};
  return std::find(kDoors.begin(), kDoors.end(), request.route) != kDoors.end();
}

std::optional<Response> authorise_door(Authenticator& authenticator, const SnsDoor* sns, Request& request) {
  bool from_cookie = false;
  const bool may_be_signed = request.route == kSnsPath && sns != nullptr && sns->takes_signed_messages();
  if (may_be_signed && token_of(request, from_cookie).empty()) return std::nullopt;
  auto problem = authenticator.check(request, kNeedsIngest);
  if (!problem) return std::nullopt;
  // To EventBridge 401 means "try again for a day", 403 "throw it away": a key of the wrong role can be mended.
  if (problem->status == 403) problem->status = 401;
  return door_refusal(request, *problem);
}

void add_ingest_doors(Router& router, ingest::Intake& intake, SnsDoor& sns) {
  router.add_async(Method::kPost, kEventBridgePath, plain_door(intake, "eventbridge"),
                   door_options(kEventBridgeBodyBytesMax, kEventBridgeDeadline));
  router.add_async(Method::kPost, kRawPath, plain_door(intake, "raw"), door_options(kRawBodyBytesMax, kRawDeadline));
  router.add_async(Method::kPost, kFirehosePath, firehose_door(intake),
                   door_options(kFirehoseBodyBytesMax, kFirehoseDeadline));
  RouteOptions signed_too = door_options(kSnsBodyBytesMax, kSnsDeadline);
  signed_too.auth = kNeedsKeyOrSignature;
  router.add_async(
      Method::kPost, kSnsPath,
      [&sns](const std::shared_ptr<const Request>& request, const Done& done) { sns.handle(request, done); },
      signed_too);
}

}  // namespace backtrail::api
