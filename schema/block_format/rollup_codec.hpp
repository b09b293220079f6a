// What a part counts: its names (service and API), and how many events of each hour, Region, name and outcome it has.
// Organisation-wide figures are sums of these; nothing else of the part is read for them.
//
// The format is in FORMAT.md. Decoders take any bytes (kBadRecord). Pure; thread-safe.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/block_format/sealed_event.hpp"
#include "schema/core/error.hpp"

namespace backtrail::schema {

inline constexpr std::size_t kRollupDecodedBytesMax = 80U * 1024 * 1024;

struct CallName {
  std::string service, api;
  auto operator<=>(const CallName&) const = default;
};

struct RollupCount {
  std::uint32_t hour = 0;    // of the day
  std::uint32_t region = 0;  // place in the list
  std::uint32_t name = 0;    // place in the list
  Outcome outcome = Outcome::kOk;
  std::uint64_t n = 0;
  auto operator<=>(const RollupCount&) const = default;
};

struct Rollup {
  std::vector<CallName> names;  // ascending, each once
  std::vector<std::string> regions;
  std::vector<RollupCount> counts;
  bool operator==(const Rollup&) const = default;
};

Rollup rollup_of(std::span<const SealedEvent> events, std::int32_t day);
std::string encode_rollup(const Rollup& rollup);
Result<Rollup> decode_rollup(std::string_view bytes);

}  // namespace backtrail::schema
