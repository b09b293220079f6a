#include "api/doors/ingest_doors.hpp"

#include "api/auth/authenticator.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/receipt_json.hpp"

namespace backtrail::api {
namespace {

AsyncHandler door(ingest::Pipeline& pipeline, const char* name) {
  return [&pipeline, name](std::shared_ptr<const Request> request, Done done) {
    const Caller& caller = caller_of(*request);
    ingest::Delivery delivery;
    delivery.id.bytes = schema::random_hash_key().bytes;
    delivery.door = name;
    delivery.key_id = caller.key_id;
    delivery.origin = "request " + request->request_id;
    delivery.body = request->body;
    delivery.scope = caller.scope;
    delivery.received_us = schema::now_us();
    pipeline.submit(std::move(delivery), [request, done](const ingest::Receipt& receipt) {
      if (receipt.error)
        done(problem_for(*receipt.error, *request));
      else
        done(respond::json(receipt_json(receipt)));
    });
  };
}

}  // namespace

std::string receipt_json(const ingest::Receipt& receipt) {
  return dump(receipt_counts_json(receipt));
}

void add_ingest_doors(Router& router, ingest::Pipeline& pipeline) {
  RouteOptions options;
  options.auth = kNeedsIngest;
  options.run_on = RunOn::kIngestWorker;
  options.body_limit_bytes = kEventBridgeBodyBytesMax;
  router.add_async(Method::kPost, "/ingest/eventbridge", door(pipeline, "eventbridge"), options);
  options.body_limit_bytes = kRawBodyBytesMax;
  router.add_async(Method::kPost, "/ingest/raw", door(pipeline, "raw"), options);
}

}  // namespace backtrail::api
