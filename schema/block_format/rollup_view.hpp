// The figures of a part without memory of their own: whoever adds up thousands of parts reads each in the same room.
// Otherwise as decode_rollup. Pure; a view belongs to one thread.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/block_format/rollup_codec.hpp"

namespace backtrail::schema {

struct RollupView {
  std::vector<std::pair<std::string_view, std::string_view>> names;  // service, API
  std::vector<std::string_view> regions;
  std::vector<RollupCount> counts;
  std::string room;  // what the texts may stand in
};

// The view holds texts of `bytes` and of its room until the next call.
Result<void> read_rollup(std::string_view bytes, RollupView& view);

}  // namespace backtrail::schema
