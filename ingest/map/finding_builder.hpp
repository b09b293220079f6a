// Gathers what a finding says: facts for people and entities for joins, in any order of discovery.
//
// A finding names one entity in several blocks (an instance, its key's session, an affected resource): the builder
// keeps one mention of each, in the strongest of its roles (actor, target, remote, related), with what all blocks say
// about it, and puts actors first, then targets, remote addresses and related things, each in order of first mention.
// Limits keep a hostile record of many thousand mentions readable; what is left out is counted in a fact, and the raw
// bytes always have it. Call finish() once, last. Not thread-safe; refers to the Finding given.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ingest/map/arn.hpp"
#include "schema/model/finding.hpp"

namespace backtrail::ingest {

inline constexpr std::size_t kFindingEntitiesMax = 1000;
inline constexpr std::size_t kFindingFactsMax = 200;
inline constexpr std::size_t kFindingFactMaxBytes = 2048;
inline constexpr std::size_t kFindingLabelMaxBytes = 200;  // labels may hold names from the record
inline constexpr std::size_t kEntityAttributeMaxBytes = 512;

// Name and value; empty values are left out.
using Attributes = std::vector<std::pair<std::string_view, std::string_view>>;

class FindingBuilder {
 public:
  explicit FindingBuilder(schema::Finding& finding) : finding_(finding) {}

  // Nothing happens for an empty value, or when the same label already has the same value.
  void add_fact(std::string_view label, std::string_view value);
  // Nothing happens for an empty key. A later mention fills the name and attributes that an earlier one left empty;
  // differing values of one attribute stand side by side ("22, 3389").
  void add_entity(schema::EntityKind kind, std::string_view key, std::string_view name, schema::FindingRole role,
                  const Attributes& attributes = {});
  // A resource by ARN or by bare id or name; instances and buckets get the kinds and keys of their own.
  void add_resource(std::string_view arn_or_id, std::string_view name, schema::FindingRole role,
                    const Attributes& attributes = {});
  void finish();

 private:
  struct Mention {
    schema::Entity entity;
    schema::FindingRole role;
    std::vector<std::pair<std::string, std::string>> attributes;
  };

  void add_other_form(const Arn& arn, std::string_view text, std::string_view id);
  Mention& mention_of(schema::EntityKind kind, std::string_view key, schema::FindingRole role);

  schema::Finding& finding_;
  std::vector<Mention> mentions_;
  std::unordered_map<std::string, std::size_t> by_identity_;
  std::size_t facts_left_out_ = 0;
};

// PostgreSQL's text cannot hold U+0000; everything else is kept byte for byte.
std::string without_nul(std::string_view text);
// At most `max` bytes, cut between characters and marked with an ellipsis.
std::string shortened(std::string_view text, std::size_t max);

}  // namespace backtrail::ingest
