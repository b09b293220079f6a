// An event as sealed days take it in and give it back: every column of its row, its exact bytes, and what it names.
//
// The formats are in FORMAT.md. Values only: thread-safe.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "schema/core/hash.hpp"
#include "schema/model/api_event.hpp"

namespace backtrail::schema {

// The format that is written. Decoders of older ones stay as long as parts of theirs may exist.
inline constexpr int kPartFormat = 1;

// Who acted, in the order of the columns of api_event.
enum class ByColumn : std::uint8_t { kPrincipal, kSession, kAccessKey, kInstance, kIpAddress, kUserAgent };
inline constexpr std::size_t kByColumns = 6;

struct SealedEvent {
  std::int64_t event_time_us = 0, received_us = 0;
  std::array<std::int64_t, kByColumns> by{};  // hashes; 0: none
  std::int32_t flags = 0;
  Uuid event_id{}, content_fp{};
  EventClass event_class = EventClass::kManagement;
  Outcome outcome = Outcome::kOk;
  std::int8_t read_only = -1;  // -1: not said
  std::string region, service, api, error_code;
  std::string raw;                     // the exact bytes
  std::vector<std::int64_t> mentions;  // hashes, ascending, each once

  bool operator==(const SealedEvent&) const = default;
};

// Blocks hold what one principal did in one piece: its pages open few of them.
inline bool comes_before(const SealedEvent& a, const SealedEvent& b) {
  return std::tie(a.by[0], a.event_time_us, a.event_id, a.content_fp) <
         std::tie(b.by[0], b.event_time_us, b.event_id, b.content_fp);
}

}  // namespace backtrail::schema
