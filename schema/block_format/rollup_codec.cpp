#include "schema/block_format/rollup_codec.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "schema/block_format/bytes.hpp"
#include "schema/block_format/packed.hpp"
#include "schema/core/time.hpp"

namespace backtrail::schema {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint64_t kHours = 24;

template <class T>
void sort_unique(std::vector<T>& items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

template <class T, class U>
std::uint32_t place_of(const std::vector<T>& items, const U& item) {
  return static_cast<std::uint32_t>(std::lower_bound(items.begin(), items.end(), item) - items.begin());
}

}  // namespace

Rollup rollup_of(std::span<const SealedEvent> events, std::int32_t day) {
  Rollup rollup;
  for (const auto& event : events) {
    rollup.names.push_back({event.service, event.api});
    rollup.regions.push_back(event.region);
  }
  sort_unique(rollup.names);
  sort_unique(rollup.regions);
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, Outcome>, std::uint64_t> counts;
  for (const auto& event : events)
    ++counts[{static_cast<std::uint32_t>((event.event_time_us - day_start(day)) / kMicrosPerHour),
              place_of(rollup.regions, event.region), place_of(rollup.names, CallName{event.service, event.api}),
              event.outcome}];
  for (const auto& [key, n] : counts) {
    const auto& [hour, region, name, outcome] = key;
    rollup.counts.push_back({hour, region, name, outcome, n});
  }
  return rollup;
}

std::string encode_rollup(const Rollup& rollup) {
  ByteWriter section;
  section.number(rollup.names.size());
  std::string_view service;
  for (const auto& name : rollup.names) {
    section.text(name.service == service ? std::string_view() : std::string_view(name.service));
    section.text(name.api);
    service = name.service;
  }
  section.number(rollup.regions.size());
  for (const auto& region : rollup.regions) section.text(region);
  section.number(rollup.counts.size());
  for (const auto& count : rollup.counts) section.number(count.hour);
  for (const auto& count : rollup.counts) section.number(count.region);
  for (const auto& count : rollup.counts) section.number(count.name);
  for (const auto& count : rollup.counts) section.byte(static_cast<std::uint8_t>(count.outcome));
  for (const auto& count : rollup.counts) section.number(count.n);
  std::string out(1, static_cast<char>(kFormat));
  append_packed(section.bytes(), PackWith::kNothing, out);
  return out;
}

Result<Rollup> decode_rollup(std::string_view bytes) {
  ByteReader head(bytes);
  if (head.byte() != kFormat) return fail(Code::kBadRecord, "a rollup has an unknown format");
  const auto section = unpack(head.rest(), kRollupDecodedBytesMax);
  if (!section) return section.error();
  ByteReader in(*section);
  Rollup rollup;
  rollup.names.resize(std::min(in.count(), in.left() / 2));
  std::string_view service;
  for (auto& name : rollup.names) {
    const auto text = in.text();
    if (!text.empty()) service = text;
    name = {std::string(service), std::string(in.text())};
  }
  rollup.regions.resize(in.count());
  for (auto& region : rollup.regions) region = in.text();
  const std::size_t counts = in.count();
  if (counts > in.left() / 5) in.fail();
  const auto damaged = [] { return fail(Code::kBadRecord, "a rollup is damaged"); };
  if (in.failed()) return damaged();
  rollup.counts.resize(counts);
  for (auto& count : rollup.counts) count.hour = static_cast<std::uint32_t>(in.number_to(kHours - 1));
  for (auto& count : rollup.counts) count.region = static_cast<std::uint32_t>(in.number());
  for (auto& count : rollup.counts) count.name = static_cast<std::uint32_t>(in.number());
  for (auto& count : rollup.counts) count.outcome = static_cast<Outcome>(in.byte());
  for (auto& count : rollup.counts) count.n = in.number();
  for (const auto& count : rollup.counts)
    if (count.region >= rollup.regions.size() || count.name >= rollup.names.size()) return damaged();
  if (!in.finished()) return damaged();
  return rollup;
}

}  // namespace backtrail::schema
