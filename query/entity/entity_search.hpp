// From what people type to entities: exact forms first, then names that hold the text.
//
// Access keys, instance ids, IP addresses, account ids, unique ids and ARNs are recognised by their form, also when
// nothing was seen of them: an analyst must be able to ask about a key that is only known from elsewhere. The rest is
// searched in the names and keys of principals, instances, resources and addresses that the caller's accounts saw.
// Thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/warehouse.hpp"
#include "schema/core/error.hpp"
#include "schema/model/entity.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

inline constexpr std::size_t kFoundEntitiesMax = 50;
inline constexpr std::size_t kSearchTextMaxBytes = 1024;

struct FoundEntity {
  schema::Entity entity;
  std::optional<std::string> account_id;  // its own, or the one where it was seen
  std::optional<std::int64_t> last_seen_us;
};

// kBadParameter for an empty or overlong text.
schema::Result<std::vector<FoundEntity>> entity_search(const Warehouse& warehouse, const schema::AccountScope& scope,
                                                       std::string_view text, std::optional<schema::EntityKind> kind);

// What the form of a text says it is, the likeliest first. Pure.
std::vector<schema::Entity> recognised_entities(std::string_view text);

// The account that an entity belongs to by its key, else nothing.
std::optional<std::string> home_account_of(const schema::Entity& entity);

}  // namespace backtrail::query
