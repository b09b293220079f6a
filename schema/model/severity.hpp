// Severity bands, half-open, on GuardDuty's scale of 1 to 10. Values only.
//
// Source: GuardDuty user guide, "Severity levels of findings": 1.0-3.9 low, 4.0-6.9 medium, 7.0-8.9 high, 9.0-10.0
// critical. Half-open bands leave no gap at 3.95 or 8.95. Security Hub's INFORMATIONAL (normalized 0) has no place on
// that scale and keeps its label.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace backtrail::schema {

// Ordered by weight; numbers are stored.
enum class Severity : std::uint8_t {
  kUnknown = 0,
  kInformational = 1,
  kLow = 2,
  kMedium = 3,
  kHigh = 4,
  kCritical = 5
};

inline constexpr std::array kSeverities{Severity::kCritical, Severity::kHigh,          Severity::kMedium,
                                        Severity::kLow,      Severity::kInformational, Severity::kUnknown};

constexpr std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return "critical";
    case Severity::kHigh:
      return "high";
    case Severity::kMedium:
      return "medium";
    case Severity::kLow:
      return "low";
    case Severity::kInformational:
      return "informational";
    case Severity::kUnknown:
      return "unknown";
  }
  return "unknown";
}

constexpr std::optional<Severity> severity_from(std::string_view name) {
  for (const Severity severity : kSeverities)
    if (name_of(severity) == name) return severity;
  return std::nullopt;
}

constexpr Severity severity_of(double value) {
  if (value >= 9 && value <= 10) return Severity::kCritical;
  if (value >= 7 && value < 9) return Severity::kHigh;
  if (value >= 4 && value < 7) return Severity::kMedium;
  if (value >= 1 && value < 4) return Severity::kLow;
  return Severity::kUnknown;
}

// A number that falls into the label's band, for sources that only give a label (ASFF): what sorting uses.
constexpr double severity_value(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return 9;
    case Severity::kHigh:
      return 7;
    case Severity::kMedium:
      return 4;
    case Severity::kLow:
      return 1;
    case Severity::kInformational:
    case Severity::kUnknown:
      return 0;
  }
  return 0;
}

}  // namespace backtrail::schema
