#include <gtest/gtest.h>
#include <string>

#include "ingest/map/finding_severity.hpp"
#include "tests/support/parsed_json.hpp"

namespace backtrail::ingest {
namespace {

using schema::Severity;
using schema::severity_of;

SeverityReading guardduty(const std::string& json_value) {
  const testing::ParsedJson record(R"({"severity": )" + json_value + "}");
  return guardduty_severity(record.root().find("severity"));
}

SeverityReading asff(const std::string& members, bool is_guardduty = false) {
  const testing::ParsedJson record("{" + members + "}");
  return asff_severity(record.root(), is_guardduty);
}

void expect_reading(const SeverityReading& reading, std::optional<double> value, Severity label) {
  EXPECT_EQ(reading.value, value);
  EXPECT_EQ(reading.label, label);
}

TEST(SeverityTest, BandsAreHalfOpenAndLeaveNoGap) {
  EXPECT_EQ(severity_of(0.99), Severity::kUnknown);
  EXPECT_EQ(severity_of(1), Severity::kLow);
  EXPECT_EQ(severity_of(3.95), Severity::kLow);
  EXPECT_EQ(severity_of(4), Severity::kMedium);
  EXPECT_EQ(severity_of(7), Severity::kHigh);
  EXPECT_EQ(severity_of(10), Severity::kCritical);
  EXPECT_EQ(severity_of(10.01), Severity::kUnknown);
}

// Peers dropped or crashed on exactly these values.
TEST(SeverityTest, ValuesBetweenTheDocumentedBandsHaveABand) {
  expect_reading(guardduty("6.95"), 6.95, Severity::kMedium);
  expect_reading(guardduty("8.95"), 8.95, Severity::kHigh);
  expect_reading(guardduty("9.0"), 9.0, Severity::kCritical);
}

TEST(SeverityTest, GuardDutysNumberMayBeAString) {
  expect_reading(guardduty(R"("8")"), 8.0, Severity::kHigh);
  expect_reading(guardduty(R"("5.0")"), 5.0, Severity::kMedium);
  expect_reading(guardduty("2e0"), 2.0, Severity::kLow);
  expect_reading(guardduty(R"("HIGH")"), 7.0, Severity::kHigh);
}

TEST(SeverityTest, WhatIsNoNumberOfTheScaleIsUnknown) {
  for (const char* value :
       {"11", "-1", "80", R"("8 high")", R"("")", "[8]", "{}", "true", "null", R"("nan")", R"("inf")"})
    expect_reading(guardduty(value), std::nullopt, Severity::kUnknown);
  expect_reading(guardduty("0"), 0.0, Severity::kUnknown);
}

TEST(AsffSeverityTest, NormalizedHasItsBands) {
  const auto normalized = [](const std::string& n) { return asff(R"("Severity":{"Normalized":)" + n + "}"); };
  expect_reading(normalized("0"), 0.0, Severity::kInformational);
  expect_reading(normalized("1"), 1.0, Severity::kLow);
  expect_reading(normalized("39"), 3.9, Severity::kLow);
  expect_reading(normalized("40"), 4.0, Severity::kMedium);
  expect_reading(normalized("69"), 6.9, Severity::kMedium);
  expect_reading(normalized("70"), 7.0, Severity::kHigh);
  expect_reading(normalized("89"), 8.9, Severity::kHigh);
  expect_reading(normalized("90"), 9.0, Severity::kCritical);
  expect_reading(normalized("100"), 10.0, Severity::kCritical);
  expect_reading(normalized("101"), std::nullopt, Severity::kUnknown);
  expect_reading(normalized(R"("70")"), 7.0, Severity::kHigh);
}

TEST(AsffSeverityTest, TheProvidersViewComesBeforeTheCustomers) {
  expect_reading(asff(R"("Severity":{"Label":"INFORMATIONAL","Normalized":0},
                         "FindingProviderFields":{"Severity":{"Label":"CRITICAL"}})"),
                 9.0, Severity::kCritical);
}

TEST(AsffSeverityTest, TheLabelComesBeforeTheNumber) {
  expect_reading(asff(R"("Severity":{"Label":"HIGH","Normalized":40})"), 7.0, Severity::kHigh);
  expect_reading(asff(R"("Severity":{"Label":"HIGH","Normalized":85})"), 8.5, Severity::kHigh);
  expect_reading(asff(R"("Severity":{"Label":"high"})"), 7.0, Severity::kHigh);
}

// GuardDuty sends low findings with Product 2, Label LOW and Normalized 40.
TEST(AsffSeverityTest, GuardDutysNativeNumberIsKeptWhereItAgreesWithTheLabel) {
  expect_reading(asff(R"("Severity":{"Product":2,"Label":"LOW","Normalized":40})", true), 2.0, Severity::kLow);
  expect_reading(
      asff(R"("Severity":{"Product":8.5,"Label":"HIGH"},"FindingProviderFields":{"Severity":{"Label":"HIGH"}})", true),
      8.5, Severity::kHigh);
  expect_reading(asff(R"("Severity":{"Product":5})", true), 5.0, Severity::kMedium);
  expect_reading(asff(R"("Severity":{"Original":"8"})", true), 8.0, Severity::kHigh);
}

TEST(AsffSeverityTest, AnotherProductsNativeScaleIsNotGuessed) {
  expect_reading(asff(R"("Severity":{"Product":5})"), std::nullopt, Severity::kUnknown);
  expect_reading(asff(R"("Severity":{"Original":"5"})"), std::nullopt, Severity::kUnknown);
  expect_reading(asff(R"("Severity":{"Product":8,"Normalized":40})"), 4.0, Severity::kMedium);
  expect_reading(asff(R"("Severity":{"Original":"medium"})"), 4.0, Severity::kMedium);
}

TEST(AsffSeverityTest, NothingUsableIsUnknown) {
  expect_reading(asff(""), std::nullopt, Severity::kUnknown);
  expect_reading(asff(R"("Severity":"HIGH")"), std::nullopt, Severity::kUnknown);
  expect_reading(asff(R"("Severity":{"Label":"UNTRIAGED"})"), std::nullopt, Severity::kUnknown);
  expect_reading(asff(R"("Severity":{"Label":5})"), std::nullopt, Severity::kUnknown);
}

}  // namespace
}  // namespace backtrail::ingest
