// What happens in one account and Region in one stretch of time, before it is written down.
//
// A plan is a list of short entries (when, which call, by which burst), so a whole day can be planned, put in order
// and then written as text file by file: memory is some 24 bytes an event and one file's text, whatever the sample's
// size. A burst is a run of calls by one caller: its identity is written once and copied into each of its events.
// Not thread-safe; kept and refilled from unit to unit.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "ingest/sample/event_writer.hpp"

namespace backtrail::ingest::sample {

// One account, one Region, one stretch of time [begin, end) in seconds.
struct Unit {
  int account_index = 0;
  const Account* account = nullptr;
  int region = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::uint64_t seed = 0;
};

// A piece of the plan's arena.
struct Span {
  std::uint32_t from = 0;
  std::uint32_t length = 0;
};

inline constexpr int kNoGroup = -1;

struct Burst {
  std::uint64_t seed = 0;
  std::uint64_t issued_seed = 0;  // the key that this burst's AssumeRole issues
  std::uint64_t shared_seed = 0;  // 0: no sharedEventID
  std::uint64_t sticky = 0;       // what the burst works on; 0: something else every few steps (a sweep)
  Span identity, arn, ip, agent, endpoint, session, subject, provider;
  const Instance* instance = nullptr;
  const Role* role = nullptr;
  int group = kNoGroup;  // of the story's truth
  bool console = false;
  bool by_service = false;
  bool network = false;  // recorded by a VPC endpoint
};

enum class Result : std::uint8_t { kOk, kDenied, kThrottled, kFailedLogin };

inline constexpr std::uint32_t kFixedEvent = 0xffffffff;

struct Planned {
  std::int64_t seconds = 0;
  std::uint32_t burst = 0;  // kFixedEvent: `step` is the index of an event whose text exists already
  std::uint32_t step = 0;
  ApiIndex api = 0;
  Result result = Result::kOk;
};

class Plan {
 public:
  void begin(const Unit& unit);

  [[nodiscard]] const Unit& unit() const { return unit_; }
  [[nodiscard]] std::vector<Planned>& events() { return events_; }
  [[nodiscard]] const std::vector<Planned>& events() const { return events_; }
  [[nodiscard]] const Burst& burst(std::uint32_t index) const { return bursts_[index]; }
  [[nodiscard]] std::string_view text(Span span) const { return arena_.view(span.from, span.length); }

  Span keep(std::string_view text);
  // Appends what `put` writes to the arena.
  template <typename Put>
  Span keep_with(Put put) {
    const std::size_t from = arena_.size();
    put(arena_);
    return {static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(arena_.size() - from)};
  }

  std::uint32_t add(const Burst& burst);
  // A time beyond the unit's end is taken as its last second.
  void add(std::uint32_t burst, std::int64_t seconds, ApiIndex api, std::uint32_t step, Result result = Result::kOk);
  void add_fixed(std::int64_t seconds, std::uint32_t index);

  // Puts the events in order of time; equal times keep the order in which they were planned.
  void sort();

  // Writes event `ordinal` of the plan, which must not be a fixed one. Returns its eventID.
  Uuid write(const Catalogue& catalogue, std::size_t ordinal, Text& out) const;

 private:
  Unit unit_;
  Text arena_;
  std::vector<Burst> bursts_;
  std::vector<Planned> events_;
};

}  // namespace backtrail::ingest::sample
