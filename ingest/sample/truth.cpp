#include "ingest/sample/truth.hpp"

namespace backtrail::ingest::sample {

int Truth::add_group(int story, std::string_view name) {
  groups_.push_back({story, std::string(name), {}, 0, {}});
  return static_cast<int>(groups_.size()) - 1;
}

void Truth::record(int group, const Uuid& id) {
  Group& into = groups_[static_cast<std::size_t>(group)];
  ++into.count;
  into.digest.high ^= id.high;
  into.digest.low ^= id.low;
  if (into.ids.size() < kListedIdsMax) into.ids.push_back(id);
}

nlohmann::ordered_json Truth::to_json(int story) const {
  nlohmann::ordered_json listed = nlohmann::ordered_json::object();
  nlohmann::ordered_json counts = nlohmann::ordered_json::object();
  nlohmann::ordered_json digests = nlohmann::ordered_json::object();
  for (const Group& group : groups_) {
    if (group.story != story) continue;
    counts[group.name] = group.count;
    Text digest;
    digest.put_hex(group.digest.high, 16);
    digest.put_hex(group.digest.low, 16);
    digests[group.name] = std::string(digest.view());
    if (group.count > kListedIdsMax) continue;
    auto& ids = listed[group.name] = nlohmann::ordered_json::array();
    for (const Uuid& id : group.ids) ids.push_back(to_text(id));
  }
  return {{"groups", listed}, {"counts", counts}, {"digests", digests}};
}

}  // namespace backtrail::ingest::sample
