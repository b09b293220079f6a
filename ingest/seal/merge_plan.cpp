#include "ingest/seal/merge_plan.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace backtrail::ingest::seal {
namespace {

using schema::PartHead;

struct Set {
  std::size_t events = 0;
  std::vector<PartHead> parts;
};

// The largest first, each into the first set that has room: of two sets, the first one of the second found none in the
// first.
std::vector<Set> fill(std::vector<PartHead> parts, std::size_t events_max) {
  std::sort(parts.begin(), parts.end(), [](const PartHead& a, const PartHead& b) {
    return std::tuple(b.n, a.key.part_no) < std::tuple(a.n, b.key.part_no);
  });
  std::vector<Set> sets;
  for (auto& part : parts) {
    const auto room =
        std::find_if(sets.begin(), sets.end(), [&](const Set& set) { return set.events + part.n <= events_max; });
    Set& set = room == sets.end() ? sets.emplace_back() : *room;
    set.events += part.n;
    set.parts.push_back(std::move(part));
  }
  return sets;
}

}  // namespace

std::vector<std::vector<PartHead>> plan_merges(const std::vector<PartHead>& parts, std::size_t events_max) {
  std::map<std::pair<std::string, schema::EventClass>, std::vector<PartHead>> groups;
  for (const auto& part : parts) groups[{part.key.account_id, part.event_class}].push_back(part);
  std::vector<std::vector<PartHead>> merges;
  for (auto& [name, group] : groups) {
    if (group.size() < 2) continue;
    for (auto& set : fill(std::move(group), events_max))
      if (set.parts.size() > 1) merges.push_back(std::move(set.parts));
  }
  return merges;
}

}  // namespace backtrail::ingest::seal
