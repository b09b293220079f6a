#include "api/metrics.hpp"

#include <map>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "api/version.hpp"

namespace backtrail::api {
namespace {

const prometheus::Histogram::BucketBoundaries kSecondsBuckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                              0.25,  0.5,    1,     2.5,  5,     10};

// Counters that live elsewhere, as one metric family.
prometheus::MetricFamily records_family(const ingest::Receipt& totals) {
  prometheus::MetricFamily family;
  family.name = "backtrail_ingest_records_total";
  family.help = "Records received since the start, by outcome; the outcomes add up to 'received'.";
  family.type = prometheus::MetricType::Counter;
  const std::map<std::string, std::uint64_t> outcomes{{"received", totals.received},      {"new", totals.fresh},
                                                      {"duplicate", totals.duplicates},   {"variant", totals.variants},
                                                      {"updated", totals.updated},        {"stale", totals.stale},
                                                      {"quarantined", totals.quarantined}};
  for (const auto& [outcome, count] : outcomes) {
    prometheus::ClientMetric metric;
    metric.label.push_back({"outcome", outcome});
    metric.counter.value = static_cast<double>(count);
    family.metric.push_back(metric);
  }
  return family;
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter().Name("backtrail_http_requests_total").Help("Requests answered.").Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds = prometheus::BuildHistogram()
                                                           .Name("backtrail_http_request_seconds")
                                                           .Help("From the end of the head to the end of the answer.")
                                                           .Register(registry);
  prometheus::Family<prometheus::Gauge>& build = prometheus::BuildGauge()
                                                     .Name("backtrail_build_info")
                                                     .Help("Always 1; the label is the version.")
                                                     .Register(registry);
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  impl_->build.Add({{"version", kVersion}}).Set(1);
}
Metrics::~Metrics() = default;

void Metrics::on_request(const RequestRecord& record) {
  const std::string route = record.route.empty() ? "none" : std::string(record.route);
  const std::string method = record.method.empty() ? "none" : std::string(record.method);
  impl_->requests.Add({{"route", route}, {"method", method}, {"code", std::to_string(record.status)}}).Increment();
  impl_->seconds.Add({{"route", route}}, kSecondsBuckets).Observe(record.seconds);
}

std::string Metrics::text(const ingest::Pipeline* pipeline) const {
  auto families = impl_->registry.Collect();
  if (pipeline != nullptr) families.push_back(records_family(pipeline->totals()));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace backtrail::api
