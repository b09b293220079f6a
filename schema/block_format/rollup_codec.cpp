#include "schema/block_format/rollup_codec.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "schema/block_format/bytes.hpp"
#include "schema/block_format/packed.hpp"
#include "schema/block_format/rollup_view.hpp"
#include "schema/core/time.hpp"

namespace backtrail::schema {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint64_t kHours = 24;

// Numbers what comes, each once; the one before comes again often.
template <class T, class Hash = std::hash<T>>
class Numbers {
 public:
  std::uint32_t number_of(const T& item) {
    if (!items_.empty() && items_[last_] == item) return last_;
    const auto [found, fresh] = index_.try_emplace(item, static_cast<std::uint32_t>(items_.size()));
    if (fresh) items_.push_back(item);
    return last_ = found->second;
  }
  // Of each number its place in the order of the items, which are put into that order.
  std::vector<std::uint32_t> sort() {
    std::vector<std::uint32_t> order(items_.size()), places(items_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return items_[a] < items_[b]; });
    for (std::uint32_t place = 0; place < order.size(); ++place) places[order[place]] = place;
    std::sort(items_.begin(), items_.end());
    return places;
  }
  const std::vector<T>& items() const { return items_; }

 private:
  std::unordered_map<T, std::uint32_t, Hash> index_;
  std::vector<T> items_;
  std::uint32_t last_ = 0;
};

using Name = std::pair<std::string_view, std::string_view>;  // service, API
struct NameHash {
  std::size_t operator()(const Name& name) const {
    return std::hash<std::string_view>{}(name.first) * 31 + std::hash<std::string_view>{}(name.second);
  }
};

}  // namespace

Rollup rollup_of(std::span<const SealedEvent> events, std::int32_t day) {
  Numbers<Name, NameHash> names;
  Numbers<std::string_view> regions;
  std::vector<RollupCount> all;
  all.reserve(events.size());
  for (const auto& event : events)
    all.push_back({static_cast<std::uint32_t>((event.event_time_us - day_start(day)) / kMicrosPerHour),
                   regions.number_of(event.region), names.number_of({event.service, event.api}), event.outcome, 1});
  const auto region_places = regions.sort(), name_places = names.sort();
  for (auto& one : all) {
    one.region = region_places[one.region];
    one.name = name_places[one.name];
  }
  std::sort(all.begin(), all.end());
  Rollup rollup;
  for (const auto& [service, api] : names.items()) rollup.names.push_back({std::string(service), std::string(api)});
  for (const auto region : regions.items()) rollup.regions.emplace_back(region);
  for (const auto& one : all) {
    if (!rollup.counts.empty()) {
      RollupCount& last = rollup.counts.back();
      if (std::tie(last.hour, last.region, last.name, last.outcome) ==
          std::tie(one.hour, one.region, one.name, one.outcome)) {
        ++last.n;
        continue;
      }
    }
    rollup.counts.push_back(one);
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

Result<void> read_rollup(std::string_view bytes, RollupView& view) {
  ByteReader head(bytes);
  if (head.byte() != kFormat) return fail(Code::kBadRecord, "a rollup has an unknown format");
  const auto section = unpack(head.rest(), kRollupDecodedBytesMax, view.room);
  if (!section) return section.error();
  ByteReader in(*section);
  view.names.resize(std::min(in.count(), in.left() / 2));
  std::string_view service;
  for (auto& name : view.names) {
    const auto text = in.text();
    if (!text.empty()) service = text;
    name = {service, in.text()};
  }
  view.regions.resize(in.count());
  for (auto& region : view.regions) region = in.text();
  const std::size_t counts = in.count();
  if (counts > in.left() / 5) in.fail();
  const auto damaged = [] { return fail(Code::kBadRecord, "a rollup is damaged"); };
  if (in.failed()) return damaged();
  view.counts.resize(counts);
  for (auto& count : view.counts) count.hour = static_cast<std::uint32_t>(in.number_to(kHours - 1));
  for (auto& count : view.counts) count.region = static_cast<std::uint32_t>(in.number());
  for (auto& count : view.counts) count.name = static_cast<std::uint32_t>(in.number());
  for (auto& count : view.counts) count.outcome = static_cast<Outcome>(in.byte());
  for (auto& count : view.counts) count.n = in.number();
  for (const auto& count : view.counts)
    if (count.region >= view.regions.size() || count.name >= view.names.size()) return damaged();
  if (!in.finished()) return damaged();
  return {};
}

Result<Rollup> decode_rollup(std::string_view bytes) {
  RollupView view;
  if (auto ok = read_rollup(bytes, view); !ok) return ok.error();
  Rollup rollup;
  rollup.names.reserve(view.names.size());
  for (const auto& [service, api] : view.names) rollup.names.push_back({std::string(service), std::string(api)});
  rollup.regions.assign(view.regions.begin(), view.regions.end());
  rollup.counts = std::move(view.counts);
  return rollup;
}

}  // namespace backtrail::schema
