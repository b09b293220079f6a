// The truth about the stories, for tests: which event belongs to which part of which story.
//
// Groups are filled while the events are written; a group keeps its ids only up to kListedIdsMax and always a count
// and the exclusive-or of all ids, so that even a hundred thousand backup reads can be compared as a set. Not
// thread-safe.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/sample/text.hpp"

namespace backtrail::ingest::sample {

// Groups with more events than this are given by count and digest only.
inline constexpr std::size_t kListedIdsMax = 20'000;

class Truth {
 public:
  struct Group {
    int story = 0;
    std::string name;
    std::vector<Uuid> ids;
    std::uint64_t count = 0;
    Uuid digest;
  };

  int add_group(int story, std::string_view name);
  void record(int group, const Uuid& id);
  [[nodiscard]] const Group& group(int index) const { return groups_[static_cast<std::size_t>(index)]; }

  // {"groups": {name: [ids]}, "counts": {name: n}, "digests": {name: hex}} of one story.
  [[nodiscard]] nlohmann::ordered_json to_json(int story) const;

 private:
  std::vector<Group> groups_;
};

}  // namespace backtrail::ingest::sample
