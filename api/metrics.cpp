#include "api/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <vector>

#include "api/version.hpp"

namespace backtrail::api {
namespace {

const prometheus::Histogram::BucketBoundaries kSecondsBuckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                              0.25,  0.5,    1,     2.5,  5,     10};

prometheus::ClientMetric counter(std::vector<prometheus::ClientMetric::Label> labels, std::uint64_t count) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = static_cast<double>(count);
  return metric;
}

// Counters that live in the pipeline. Over any labels, the outcomes of the second family add up to the first.
std::vector<prometheus::MetricFamily> ingest_families(const ingest::Pipeline& pipeline) {
  prometheus::MetricFamily received{"backtrail_ingest_received_total",
                                    "Records received since the start, by door and kind of record.",
                                    prometheus::MetricType::Counter,
                                    {}};
  prometheus::MetricFamily records{"backtrail_ingest_records_total",
                                   "What became of the records received since the start.",
                                   prometheus::MetricType::Counter,
                                   {}};
  for (const auto& [door, receipt] : pipeline.totals_by_door())
    for (const ingest::RecordKind kind : ingest::kRecordKinds) {
      const std::string kind_name(name_of(kind));
      received.metric.push_back(counter({{"door", door}, {"kind", kind_name}}, receipt.of(kind).received));
      for (const auto& [outcome, count] : receipt.of(kind).outcomes())
        records.metric.push_back(
            counter({{"door", door}, {"kind", kind_name}, {"outcome", std::string(outcome)}}, count));
    }
  return {std::move(received), std::move(records)};
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
  if (pipeline != nullptr)
    for (auto& family : ingest_families(*pipeline)) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace backtrail::api
