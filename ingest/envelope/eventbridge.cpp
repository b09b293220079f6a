// Events of Amazon EventBridge inside objects that an input transformer made.
#include "ingest/envelope/envelope.hpp"
#include "ingest/recognise.hpp"

namespace backtrail::ingest {
namespace {

// Whether a string may be an EventBridge event: the parser decides.
bool may_hold_event(const schema::JsonNode& node) {
  return node.is_string() && node.text().starts_with('{') &&
         node.text().find("\"detail-type\"") != std::string_view::npos;
}

}  // namespace

bool is_eventbridge_event(const schema::JsonNode& node) {
  const auto* detail = node.find("detail");
  return node.find("detail-type") != nullptr && detail != nullptr && detail->is_object();
}

bool is_eventbridge_wrapper(const schema::JsonNode& node) {
  for (const auto& member : node.children())
    if (is_eventbridge_event(member) || may_hold_event(member)) return true;
  return false;
}

bool open_eventbridge_wrapper(Recogniser& recogniser, std::string_view text, const schema::JsonNode& node, int depth) {
  const auto members = members_of(text);
  const auto nodes = node.children();
  if (members.size() != nodes.size()) return false;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (is_eventbridge_event(nodes[i]))
      recogniser.expand({Piece::Kind::kValue, members[i].value}, depth);
    else if (may_hold_event(nodes[i]))
      recogniser.expand_text(nodes[i].text(), depth);
  }
  return true;
}

}  // namespace backtrail::ingest
