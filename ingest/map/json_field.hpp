// Reading the fields of findings, whose casing and scalar types differ from route to route.
//
// GuardDuty's events say accountId, GetFindings through most SDKs says AccountId; Security Hub turns numbers and flags
// into strings. Names here are always given in lowerCamel and matched in both casings; JSON null counts as absent.
// Nothing here refuses: what has the wrong type reads as absent. Pure functions; views live as long as the tree.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

// The member `name` (lowerCamel) or its UpperCamel twin, the exact name first; nullptr when absent or null.
const schema::JsonNode* field(const schema::JsonNode* node, std::string_view name);

template <class... Names>
const schema::JsonNode* field(const schema::JsonNode* node, std::string_view name,
                              Names... rest) requires(sizeof...(rest) > 0) {
  return field(field(node, name), rest...);
}

// The text of a string, number, true or false; empty for anything else.
std::string_view scalar_text(const schema::JsonNode* node);

template <class... Names>
std::string_view text_field(const schema::JsonNode* node, std::string_view name, Names... rest) {
  return scalar_text(field(node, name, rest...));
}

// The elements of an array. Converters between formats collapse lists of one: any other value is a list of itself.
std::span<const schema::JsonNode> items(const schema::JsonNode* node);

// Numbers as JSON numbers or as strings that hold nothing else ("8", "8.0").
std::optional<double> number_of(const schema::JsonNode* node);
std::optional<std::int64_t> integer_of(const schema::JsonNode* node);

// true, "true", "True" or "TRUE".
bool truth_of(const schema::JsonNode* node);

}  // namespace backtrail::ingest
