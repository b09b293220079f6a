// UUIDs as they stand in records: 36 characters, lower case. Upper case and every other form stay text, because only
// this one comes back byte for byte. Pure; thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "schema/core/hash.hpp"

namespace backtrail::schema {

inline constexpr std::size_t kUuidTextChars = 36;

struct FoundUuid {
  std::size_t at = 0;
  Uuid id{};
};
// The first one at or behind `from`.
std::optional<FoundUuid> find_uuid_text(std::string_view text, std::size_t from);
void append_uuid_text(const Uuid& id, std::string& out);

}  // namespace backtrail::schema
