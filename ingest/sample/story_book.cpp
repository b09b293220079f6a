#include "ingest/sample/story_book.hpp"

#include <algorithm>
#include <stdexcept>

namespace backtrail::ingest::sample {
namespace {

std::string rendered(const std::function<void(Text&)>& put) {
  Text text;
  put(text);
  return std::string(text.view());
}

class PacedStream : public Stream {
 public:
  PacedStream(Paced paced, std::uint64_t seed)
      : paced_(std::move(paced)), seed_(seed), bursts_((paced_.count + paced_.per_burst - 1) / paced_.per_burst) {}

  [[nodiscard]] std::uint64_t total() const override { return paced_.count; }

  void plan(Plan& plan) const override {
    const Unit& unit = plan.unit();
    if (unit.account_index != paced_.account || unit.region != paced_.region) return;
    if (unit.end <= paced_.from || unit.begin >= paced_.to) return;
    for (std::uint64_t i = first_from(unit.begin); i < bursts_ && begin_of(i) < unit.end; ++i) {
      if (begin_of(i) >= unit.begin) plan_burst(plan, i);
    }
  }

 private:
  // Bursts begin where they would be if spread evenly, and up to a tenth of the way to the next one later.
  [[nodiscard]] std::int64_t begin_of(std::uint64_t burst) const {
    const auto span = static_cast<std::uint64_t>(paced_.to - paced_.from);
    const std::uint64_t jitter = mix(seed_, burst) % (span / bursts_ / 10 + 1);
    return paced_.from +
           static_cast<std::int64_t>(static_cast<std::uint64_t>(static_cast<Uint128>(span) * burst / bursts_) + jitter);
  }

  // A burst that begins at or before `when`, close to it.
  [[nodiscard]] std::uint64_t first_from(std::int64_t when) const {
    if (when <= paced_.from) return 0;
    const auto span = static_cast<std::uint64_t>(paced_.to - paced_.from);
    const auto offset = static_cast<std::uint64_t>(when - paced_.from);
    const auto near = static_cast<std::uint64_t>(static_cast<Uint128>(offset) * bursts_ / span);
    return near < 2 ? 0 : near - 2;
  }

  void plan_burst(Plan& plan, std::uint64_t number) const {
    const std::int64_t begin = begin_of(number);
    Burst burst = paced_.caller(plan, begin);
    burst.seed = mix(seed_, tag("burst"), number);
    if (burst.sticky == 0) burst.sticky = burst.seed | 1;
    burst.group = paced_.group;
    const std::uint32_t index = plan.add(burst);
    const std::uint64_t calls = std::min<std::uint64_t>(paced_.per_burst, paced_.count - number * paced_.per_burst);
    Rng rng(burst.seed);
    for (std::uint32_t i = 0; i < calls; ++i) {
      const ApiIndex api = paced_.calls[rng.below(paced_.calls.size())];
      const Result result = rng.per_mille(paced_.denied_per_mille) ? Result::kDenied : Result::kOk;
      plan.add(index, begin + i / paced_.calls_per_second, api, i, result);
    }
  }

  Paced paced_;
  std::uint64_t seed_;
  std::uint64_t bursts_;
};

}  // namespace

Actor user_actor(std::string_view account_id, const User& user, std::string_view key, std::string_view ip,
                 std::string_view agent) {
  Actor actor;
  actor.identity = rendered([&](Text& out) { put_iam_user(account_id, user, key, 0, false, out); });
  actor.arn = user.arn;
  actor.ip = std::string(ip);
  actor.agent = std::string(agent);
  return actor;
}

Actor session_actor(const RoleSession& session, std::string_view ip, std::string_view agent) {
  Actor actor;
  actor.identity = rendered([&](Text& out) { put_role_session(session, out); });
  actor.arn = rendered([&](Text& out) { put_role_session_arn(session, out); });
  actor.ip = std::string(ip);
  actor.agent = std::string(agent);
  actor.by_service = !session.invoked_by.empty();
  return actor;
}

Actor service_actor(std::string_view service) {
  Actor actor;
  actor.identity = rendered([&](Text& out) { put_service(service, out); });
  actor.ip = actor.agent = std::string(service);
  actor.by_service = true;
  return actor;
}

Actor foreign_actor(std::string_view account_id, std::string_view principal_id, std::string_view ip,
                    std::string_view agent) {
  Actor actor;
  actor.identity = rendered([&](Text& out) { put_foreign_account(account_id, principal_id, out); });
  actor.ip = std::string(ip);
  actor.agent = std::string(agent);
  return actor;
}

Burst actor_burst(Plan& plan, const Actor& actor) {
  Burst burst;
  burst.identity = plan.keep(actor.identity);
  burst.arn = plan.keep(actor.arn);
  burst.ip = plan.keep(actor.ip);
  burst.agent = plan.keep(actor.agent);
  if (!actor.endpoint.empty()) burst.endpoint = plan.keep(actor.endpoint);
  burst.console = actor.console;
  burst.by_service = actor.by_service;
  return burst;
}

StoryBook::StoryBook(const Organisation& organisation, const Catalogue& catalogue, std::uint64_t events,
                     std::int64_t start, std::int64_t end)
    : organisation_(organisation), catalogue_(catalogue), events_(events), start_(start), end_(end) {}

std::vector<ApiIndex> StoryBook::calls(std::initializer_list<std::string_view> names) const {
  std::vector<ApiIndex> found;
  for (const auto name : names) found.push_back(catalogue_.find(name));
  return found;
}

std::uint64_t StoryBook::scaled(std::uint64_t full, std::uint64_t least, std::uint64_t full_at) const {
  return std::max(least, full * std::min(events_, full_at) / full_at);
}

std::uint64_t StoryBook::history(std::uint64_t full, std::uint64_t one_in) const {
  return dense_from() > start_ ? std::min(full, events_ / one_in) : 0;
}

Uuid StoryBook::call(int group, const Actor& actor, const Call& call) {
  const Api& api = catalogue_.at(catalogue_.find(call.api));
  const std::uint64_t number = fixed_.size();
  const std::uint64_t own = seed("fixed event", number);
  Scene scene;
  scene.account = &account(call.account);
  scene.region = call.region;
  scene.seconds = call.seconds;
  scene.sticky = scene.event_seed = own;
  scene.issued_seed = call.issued_seed;
  scene.instance = call.instance;
  scene.role = call.role;
  scene.session = call.session;
  const std::uint64_t request = mix(call.shared_seed != 0 ? call.shared_seed : own, 11);
  scene.request_id = make_uuid(request, mix(request));
  Outcome outcome;
  outcome.error_code = call.denied ? denied_code(api) : std::string_view(call.error_code);
  outcome.error_message = call.error_message;
  outcome.request = call.request;
  outcome.response = call.response;
  outcome.resources = call.resources;
  if (call.shared_seed != 0 || actor.identity.find(R"("type":"AWSService")") != std::string::npos) {
    const std::uint64_t shared = mix(call.shared_seed != 0 ? call.shared_seed : own, 12);
    outcome.shared_id = make_uuid(shared, mix(shared));
  }
  const Caller caller{actor.identity, actor.arn,     actor.ip,        actor.agent,
                      actor.endpoint, actor.console, actor.by_service};
  const Uuid id = make_uuid(mix(own, 1), mix(own, 2));
  Text text;
  write_event(api, scene, caller, outcome, id, text);
  const std::int64_t order = call.delivered != 0 ? call.delivered : call.seconds;
  if (order < start_ || order >= end_) throw std::logic_error("a story's call lies outside the sample's time");
  fixed_.push_back({call.account, call.region, order, std::string(text.view())});
  truth_.record(group, id);
  return id;
}

void StoryBook::stream(Paced paced) {
  paced.from = std::max(paced.from, start_);
  paced.to = std::min(paced.to, end_);
  if (paced.count == 0 || paced.from >= paced.to) return;
  const std::uint64_t own = seed("stream", streams_.size());
  streams_.push_back(std::make_unique<PacedStream>(std::move(paced), own));
}

void StoryBook::stream(std::unique_ptr<Stream> stream) {
  streams_.push_back(std::move(stream));
}

void StoryBook::finding(int account, int region, std::int64_t updated, const Json& finding) {
  findings_.push_back({account, region, updated, finding.dump()});
}

std::uint64_t StoryBook::total() const {
  std::uint64_t sum = fixed_.size();
  for (const auto& stream : streams_) sum += stream->total();
  return sum;
}

void StoryBook::plan(Plan& plan) const {
  const Unit& unit = plan.unit();
  for (std::size_t i = 0; i < fixed_.size(); ++i) {
    const FixedEvent& event = fixed_[i];
    if (event.account != unit.account_index || event.region != unit.region) continue;
    if (event.order >= unit.begin && event.order < unit.end) plan.add_fixed(event.order, static_cast<std::uint32_t>(i));
  }
  for (const auto& stream : streams_) stream->plan(plan);
}

}  // namespace backtrail::ingest::sample
