#include "ingest/sample/plan.hpp"

#include <algorithm>

namespace backtrail::ingest::sample {
namespace {

// A sweep looks at one thing with this many calls before it goes on to the next.
constexpr std::uint32_t kStepsPerThing = 6;

Outcome outcome_of(const Api& api, Result result) {
  Outcome outcome;
  switch (result) {
    case Result::kOk:
      break;
    case Result::kDenied:
      outcome.error_code = denied_code(api);
      break;
    case Result::kThrottled:
      outcome.error_code = api.service == "ec2" ? "Client.RequestLimitExceeded" : "ThrottlingException";
      outcome.error_message = "Rate exceeded";
      outcome.request = "null";
      break;
    case Result::kFailedLogin:
      outcome.error_message = "Failed authentication";
      outcome.response = R"({"ConsoleLogin":"Failure"})";
      outcome.additional =
          R"({"LoginTo":"https://console.aws.amazon.com/console/home","MobileVersion":"No","MFAUsed":"No"})";
      break;
  }
  return outcome;
}

}  // namespace

void Plan::begin(const Unit& unit) {
  unit_ = unit;
  arena_.clear();
  bursts_.clear();
  events_.clear();
}

Span Plan::keep(std::string_view text) {
  return keep_with([text](Text& out) { out.put(text); });
}

std::uint32_t Plan::add(const Burst& burst) {
  bursts_.push_back(burst);
  return static_cast<std::uint32_t>(bursts_.size() - 1);
}

void Plan::add(std::uint32_t burst, std::int64_t seconds, ApiIndex api, std::uint32_t step, Result result) {
  events_.push_back({std::clamp(seconds, unit_.begin, unit_.end - 1), burst, step, api, result});
}

void Plan::add_fixed(std::int64_t seconds, std::uint32_t index) {
  events_.push_back({seconds, kFixedEvent, index, 0, Result::kOk});
}

void Plan::sort() {
  std::stable_sort(events_.begin(), events_.end(),
                   [](const Planned& a, const Planned& b) { return a.seconds < b.seconds; });
}

Uuid Plan::write(const Catalogue& catalogue, std::size_t ordinal, Text& out) const {
  const Planned& event = events_[ordinal];
  const Burst& burst = bursts_[event.burst];
  const Api& api = catalogue.at(event.api);
  Scene scene;
  scene.account = unit_.account;
  scene.region = unit_.region;
  scene.seconds = event.seconds;
  scene.event_seed = mix(burst.seed, event.step);
  scene.sticky = burst.sticky != 0 ? burst.sticky : mix(burst.seed, event.step / kStepsPerThing);
  scene.issued_seed = burst.issued_seed;
  scene.instance = burst.instance;
  scene.role = burst.role;
  scene.session = text(burst.session);
  scene.subject = text(burst.subject);
  scene.provider = text(burst.provider);
  const Caller caller{text(burst.identity), text(burst.arn), text(burst.ip),   text(burst.agent),
                      text(burst.endpoint), burst.console,   burst.by_service, burst.network};
  Outcome outcome = outcome_of(api, event.result);
  // Both sides of a cross-account call carry the same request and shared ids.
  const std::uint64_t request = mix(burst.shared_seed != 0 ? burst.shared_seed : scene.event_seed, event.step, 11);
  scene.request_id = make_uuid(request, mix(request));
  if (burst.shared_seed != 0) {
    const std::uint64_t shared = mix(burst.shared_seed, event.step, 12);
    outcome.shared_id = make_uuid(shared, mix(shared));
  }
  const Uuid id = make_uuid(mix(unit_.seed, ordinal, 1), mix(unit_.seed, ordinal, 2));
  write_event(api, scene, caller, outcome, id, out);
  return id;
}

}  // namespace backtrail::ingest::sample
