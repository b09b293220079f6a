#include "api/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <vector>

#include "api/version.hpp"
#include "schema/core/time.hpp"

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

prometheus::MetricFamily single(const char* name, const char* help, prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {name, help, type, {metric}};
}

// What became of deliveries as a whole, and what waits on this machine's disk.
std::vector<prometheus::MetricFamily> intake_families(ingest::Intake& intake) {
  using prometheus::MetricType;
  const auto status = intake.status();
  const auto spool = intake.spool() != nullptr ? intake.spool()->status() : ingest::spool::SpoolStatus{};
  const double oldest_s =
      spool.oldest_us == 0 ? 0 : static_cast<double>(schema::now_us() - spool.oldest_us) / schema::kMicrosPerSecond;
  const auto number = [](auto value) { return static_cast<double>(value); };
  return {single("backtrail_deliveries_spooled_total", "Deliveries that were promised from the spool.",
                 MetricType::Counter, number(status.spooled)),
          single("backtrail_deliveries_refused_total", "Deliveries whose sender was told to send again.",
                 MetricType::Counter, number(status.refused)),
          single("backtrail_deliveries_drained_total", "Deliveries brought from the spool into the database.",
                 MetricType::Counter, number(status.drained)),
          single("backtrail_deliveries_under_way_bytes", "Bytes of deliveries that are not settled.", MetricType::Gauge,
                 number(status.bytes_under_way)),
          single("backtrail_database_down", "1 while the database is away.", MetricType::Gauge,
                 status.database_down ? 1 : 0),
          single("backtrail_spool_bytes", "Bytes of the spool's segments.", MetricType::Gauge, number(spool.bytes)),
          single("backtrail_spool_segments", "Segments in the spool.", MetricType::Gauge, number(spool.segments)),
          single("backtrail_spool_oldest_seconds", "Age of the oldest segment; 0 when the spool is empty.",
                 MetricType::Gauge, oldest_s),
          single("backtrail_spool_damaged_spans_total", "Damaged spans found while draining.", MetricType::Counter,
                 number(spool.damaged_spans)),
          single("backtrail_spool_unreadable_segments_total",
                 "Segments that the disk did not give back in full; kept in 'damaged'.", MetricType::Counter,
                 number(spool.unreadable_segments)),
          single("backtrail_spool_postponed_segments", "Segments that could not be drained when last tried.",
                 MetricType::Gauge, number(spool.postponed_segments)),
          single("backtrail_deliveries_given_up_total",
                 "Spooled deliveries that could not be stored and are kept whole, in quarantine or in 'damaged'.",
                 MetricType::Counter, number(status.gave_up)),
          single("backtrail_deliveries_set_aside_total",
                 "… of them, those that quarantine refused, too: files in 'damaged'.", MetricType::Counter,
                 number(spool.set_aside)),
          single("backtrail_internal_errors_total", "Exceptions that nobody expected; their records are in quarantine.",
                 MetricType::Counter, number(intake.pipeline().internal_errors()))};
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

std::string Metrics::text(ingest::Intake* intake) const {
  auto families = impl_->registry.Collect();
  if (intake != nullptr) {
    for (auto& family : ingest_families(intake->pipeline())) families.push_back(std::move(family));
    for (auto& family : intake_families(*intake)) families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace backtrail::api
