// The one parser that decides against the one that reads stored evidence for answers (nlohmann): what the first accepts
// the second reads to the same texts, so that nobody can be shown another account than the check saw.
#include <nlohmann/json.hpp>

#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;
using nlohmann::json;

namespace {

// Numbers are not compared: the tree keeps their text, which no number type holds.
void compare(const schema::JsonNode& node, const json& other) {
  switch (node.type()) {
    case schema::JsonType::kString:
      FUZZ_PROMISE(other.is_string() && other.get_ref<const std::string&>() == node.text());
      return;
    case schema::JsonType::kNumber:
      FUZZ_PROMISE(other.is_number());
      return;
    case schema::JsonType::kTrue:
    case schema::JsonType::kFalse:
      FUZZ_PROMISE(other.is_boolean() && other.get<bool>() == (node.type() == schema::JsonType::kTrue));
      return;
    case schema::JsonType::kNull:
      FUZZ_PROMISE(other.is_null());
      return;
    case schema::JsonType::kArray:
      FUZZ_PROMISE(other.is_array() && other.size() == node.children().size());
      for (std::size_t i = 0; i < other.size(); ++i) compare(node.children()[i], other[i]);
      return;
    case schema::JsonType::kObject:
      FUZZ_PROMISE(other.is_object() && other.size() == node.children().size());
      for (const auto& child : node.children()) {
        const auto found = other.find(std::string(child.key()));
        FUZZ_PROMISE(found != other.end());
        compare(child, *found);
      }
      return;
  }
}

}  // namespace

BACKTRAIL_FUZZ(input) {
  const std::string text = fuzz::padded(input);
  schema::JsonParser parser;
  const auto node = parser.parse(text);
  if (!node) return;
  std::string scratch;
  (void)schema::value_fingerprint(**node, fuzz::kKey, scratch);
  const json other = json::parse(text, nullptr, false);
  FUZZ_PROMISE(!other.is_discarded());
  compare(**node, other);
}
