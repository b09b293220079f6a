#include "api/app.hpp"

#include <backtrail_openapi.hpp>

#include "api/doors/ingest_doors.hpp"
#include "api/http/static_files.hpp"
#include "api/rest/accounts.hpp"
#include "api/rest/activity.hpp"
#include "api/rest/coverage.hpp"
#include "api/rest/entities.hpp"
#include "api/rest/events.hpp"
#include "api/rest/findings.hpp"
#include "api/rest/holds.hpp"
#include "api/rest/ingest_summary.hpp"
#include "api/rest/notices.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/quarantine.hpp"
#include "api/rest/session.hpp"
#include "api/rest/summary.hpp"
#include "schema/registry/accounts.hpp"

namespace backtrail::api {

struct App::Impl {
  explicit Impl(const AppOptions& o) : options(o), warehouse{*o.api, o.hash_key}, authenticator(*o.api) {
    if (o.intake != nullptr) sns = std::make_unique<SnsDoor>(*o.intake, *o.ingest, *o.api, o.sns);
    if (o.web_directory) page = std::make_unique<StaticFiles>(StaticFiles::from_directory(*o.web_directory));
  }

  using Question = Response (*)(const Request&, const Caller&, const query::Warehouse&);
  void add_question(Router& router, const char* pattern, Question question) {
    RouteOptions analyst;
    analyst.auth = kNeedsAnalyst;
    router.add(
        Method::kGet, pattern, [this, question](const Request& r) { return question(r, caller_of(r), warehouse); },
        analyst);
  }
  void add_questions(Router& router);
  void add_registry(Router& router);
  void add_replays(Router& router);
  void add_sns_questions(Router& router);
  void add_health(Router& router);
  Response ready(const Request& request);

  AppOptions options;
  query::Warehouse warehouse;
  Authenticator authenticator;
  Metrics metrics;
  std::unique_ptr<SnsDoor> sns;
  std::unique_ptr<StaticFiles> page;
};

void App::Impl::add_questions(Router& router) {
  add_question(router, "/api/v1/summary", summary_show);
  add_question(router, "/api/v1/findings", findings_list);
  add_question(router, "/api/v1/findings/facets", findings_facets);
  add_question(router, "/api/v1/findings/export", findings_export);
  add_question(router, "/api/v1/findings/{finding_id}", finding_show);
  add_question(router, "/api/v1/findings/{finding_id}/raw", finding_raw);
  add_question(router, "/api/v1/activity", list_activity);
  add_question(router, "/api/v1/activity/summary", show_activity_summary);
  add_question(router, "/api/v1/activity/volume", show_activity_volume);
  add_question(router, "/api/v1/activity/export", export_activity);
  add_question(router, "/api/v1/events/{event_key}", show_event);
  add_question(router, "/api/v1/events/{event_key}/raw", show_event_raw);
  add_question(router, "/api/v1/entities", search_entities);
  add_question(router, "/api/v1/entities/{kind}", show_entity);
  add_question(router, "/api/v1/entities/{kind}/{key*}", show_entity);
  add_question(router, "/api/v1/accounts", accounts_list);
  add_question(router, "/api/v1/coverage", coverage_show);
  add_question(router, "/api/v1/holds", holds_list);
  add_question(router, "/api/v1/notices", notices_list);
  add_question(router, "/api/v1/notices/{notice_id}/raw", notices_raw);
  add_question(router, "/api/v1/quarantine", quarantine_list);
  add_question(router, "/api/v1/quarantine/{quarantine_id}", quarantine_show);
  add_question(router, "/api/v1/quarantine/{quarantine_id}/raw", quarantine_raw);
  add_question(router, "/api/v1/quarantine/reasons", quarantine_reasons);
  add_question(router, "/api/v1/alerts", alerts_list);
  add_question(router, "/api/v1/ingest/summary", ingest_summary_show);
  add_session_routes(router, authenticator, warehouse);
}

void App::Impl::add_registry(Router& router) {
  if (options.maintenance == nullptr) return;
  RouteOptions administrator;
  administrator.auth = kNeedsAdministrator;
  administrator.body_limit_bytes = schema::kAccountFileMaxBytes;
  router.add(
      Method::kPut, "/api/v1/accounts", [this](const Request& r) { return accounts_import(r, *options.maintenance); },
      administrator);
}

// Only where something is collected.
void App::Impl::add_replays(Router& router) {
  if (options.intake == nullptr || options.ingest == nullptr) return;
  RouteOptions administrator;
  administrator.auth = kNeedsAdministrator;
  const auto rights = [this] { return ReplayRights{warehouse, options.intake->pipeline(), *options.ingest}; };
  router.add(
      Method::kPost, "/api/v1/quarantine/replay",
      [rights](const Request& r) { return quarantine_replay_all(r, caller_of(r), rights()); }, administrator);
  router.add(
      Method::kPost, "/api/v1/quarantine/{quarantine_id}/replay",
      [rights](const Request& r) { return quarantine_replay_one(r, caller_of(r), rights()); }, administrator);
}

// Whoever opens such a URL confirms the subscription, so only administrators see them.
void App::Impl::add_sns_questions(Router& router) {
  RouteOptions administrator;
  administrator.auth = kNeedsAdministrator;
  router.add(
      Method::kGet, "/api/v1/sns/subscriptions",
      [this](const Request& r) { return sns_subscriptions_list(r, caller_of(r), *options.api); }, administrator);
}

// Ready: a collector made something durable just now; where nothing is collected, the database answers.
Response App::Impl::ready(const Request& request) {
  if (options.intake != nullptr) {
    if (options.intake->ready()) return respond::json(R"({"ready":true})");
    return respond::problem(request, {.status = 503,
                                      .detail = "Nothing could be stored for a while.",
                                      .hint = "Look at the database and at the room on this machine's disk.",
                                      .retry_after_s = 2});
  }
  const auto rules = schema::read_retention_rules(*options.api);
  if (!rules) return problem_for(rules.error(), request);
  return respond::json(R"({"ready":true})");
}

void App::Impl::add_health(Router& router) {
  RouteOptions quick;
  quick.run_on = RunOn::kIoThread;
  router.add(
      Method::kGet, "/livez", [](const Request&) { return respond::json(R"({"live":true})"); }, quick);
  router.add(Method::kGet, "/readyz", [this](const Request& r) { return ready(r); });
  router.add(Method::kGet, "/metrics", [this](const Request&) {
    return respond::bytes(metrics.text(options.intake), "text/plain; version=0.0.4; charset=utf-8");
  });
  router.add(Method::kGet, "/openapi.json",
             [](const Request&) { return respond::json(std::string(backtrail_openapi())); });
}

App::App(const AppOptions& options) : impl_(std::make_unique<Impl>(options)) {}
App::~App() = default;

Router App::router() {
  Router router;
  impl_->add_health(router);
  if (impl_->options.serve_questions) {
    impl_->add_questions(router);
    impl_->add_registry(router);
    impl_->add_replays(router);
    impl_->add_sns_questions(router);
  }
  if (impl_->options.intake != nullptr) add_ingest_doors(router, *impl_->options.intake, *impl_->sns);
  if (impl_->page) impl_->page->add_routes(router);
  return router;
}

void App::connect(ServerOptions& server) {
  server.authorise = [this](Request& request, std::string_view requirement) {
    if (is_door(request)) return authorise_door(impl_->authenticator, impl_->sns.get(), request);
    return impl_->authenticator.authorise(request, requirement);
  };
  server.on_request = [this](const RequestRecord& record) { impl_->metrics.on_request(record); };
}

}  // namespace backtrail::api
