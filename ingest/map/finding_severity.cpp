#include "ingest/map/finding_severity.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "ingest/map/json_field.hpp"

namespace backtrail::ingest {
namespace {

using schema::JsonNode;
using schema::Severity;

constexpr double kScaleMax = 10, kNormalizedMax = 100;

std::optional<Severity> label_of(const JsonNode* node) {
  std::string text(node != nullptr && node->is_string() ? node->text() : std::string_view{});
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const auto label = schema::severity_from(text);
  return label == Severity::kUnknown ? std::nullopt : label;
}

std::optional<double> within(std::optional<double> value, double max) {
  return value && *value >= 0 && *value <= max ? value : std::nullopt;
}

// Security Hub's bands; they are GuardDuty's times ten, but for 0, which is informational.
Severity label_of_normalized(double normalized) {
  if (normalized < 1) return Severity::kInformational;
  return schema::severity_of(std::max(1.0, normalized / 10));
}

SeverityReading of_normalized(double normalized) {
  const Severity label = label_of_normalized(normalized);
  if (label == Severity::kInformational) return {0, label};
  return {std::max(1.0, normalized / 10), label};
}

// The most telling number that agrees with the label; a label without one gets the lower end of its band.
SeverityReading with_label(Severity label, std::optional<double> product, std::optional<double> normalized) {
  if (product && schema::severity_of(*product) == label) return {product, label};
  if (normalized && label_of_normalized(*normalized) == label) return of_normalized(*normalized);
  return {schema::severity_value(label), label};
}

SeverityReading reading_of(const JsonNode* severity, std::optional<double> product) {
  const auto normalized = within(number_of(field(severity, "normalized")), kNormalizedMax);
  if (const auto label = label_of(field(severity, "label"))) return with_label(*label, product, normalized);
  if (normalized) return with_label(label_of_normalized(*normalized), product, normalized);
  return {};
}

}  // namespace

SeverityReading guardduty_severity(const JsonNode* severity) {
  if (const auto value = within(number_of(severity), kScaleMax)) return {value, schema::severity_of(*value)};
  if (const auto label = label_of(severity)) return {schema::severity_value(*label), *label};
  return {};
}

SeverityReading ocsf_severity(const JsonNode& record) {
  constexpr std::array kByNumber{Severity::kUnknown, Severity::kInformational, Severity::kLow,     Severity::kMedium,
                                 Severity::kHigh,    Severity::kCritical,      Severity::kCritical};  // the last: Fatal
  for (const JsonNode* block : {field(&record, "vendor_attributes"), &record}) {
    const auto id = integer_of(field(block, "severity_id"));
    const bool known = id && *id > 0 && *id < static_cast<std::int64_t>(kByNumber.size());
    const auto label =
        known ? std::optional(kByNumber[static_cast<std::size_t>(*id)]) : label_of(field(block, "severity"));
    if (label) return {schema::severity_value(*label), *label};
  }
  return {};
}

SeverityReading asff_severity(const JsonNode& record, bool is_guardduty) {
  const JsonNode* provider = record.at("FindingProviderFields", "Severity");
  const JsonNode* severity = record.find("Severity");
  // The provider's block seldom repeats Product, which has the one number with a fraction.
  auto product = is_guardduty ? within(number_of(field(severity, "product")), kScaleMax) : std::nullopt;
  for (const JsonNode* block : {provider, severity}) {
    const SeverityReading reading = reading_of(block, product);
    if (reading.label != Severity::kUnknown) return reading;
  }
  if (product) return {product, schema::severity_of(*product)};
  for (const JsonNode* block : {provider, severity}) {
    const JsonNode* original = field(block, "original");
    if (is_guardduty) {
      if (const auto reading = guardduty_severity(original); reading.value) return reading;
    } else if (const auto label = label_of(original)) {
      return {schema::severity_value(*label), *label};
    }
  }
  return {};
}

}  // namespace backtrail::ingest
