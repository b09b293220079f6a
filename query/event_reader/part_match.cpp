#include "query/event_reader/part_match.hpp"

#include <algorithm>

namespace backtrail::query {
namespace {

bool equals(std::string_view wanted, std::string_view text) {
  return wanted == text;
}

template <class Matches>
bool chosen(const Choice& choice, std::string_view text, Matches matches) {
  const auto hit = [&](const std::string& wanted) { return matches(wanted, text); };
  return (choice.any_of.empty() || std::any_of(choice.any_of.begin(), choice.any_of.end(), hit)) &&
         std::none_of(choice.none_of.begin(), choice.none_of.end(), hit);
}

template <class Text, class Matches>
std::vector<bool> decide(const Choice& choice, const std::vector<Text>& texts, Matches matches) {
  std::vector<bool> kept;
  kept.reserve(texts.size());
  for (const auto& text : texts) kept.push_back(chosen(choice, text, matches));
  return kept;
}

}  // namespace

bool service_matches(std::string_view wanted, std::string_view service) {
  if (service == wanted) return true;
  return wanted.find('.') == std::string_view::npos && service.size() > wanted.size() && service.starts_with(wanted) &&
         service[wanted.size()] == '.';
}

bool api_matches(std::string_view wanted, std::string_view api) {
  return wanted.ends_with('*') ? api.starts_with(wanted.substr(0, wanted.size() - 1)) : api == wanted;
}

bool needs_columns(const EventFilter& filter) {
  return !filter.region.empty() || !filter.service.empty() || !filter.api.empty() || !filter.error_code.empty() ||
         filter.read_only.has_value();
}

bool class_wanted(const EventFilter& filter, schema::EventClass event_class) {
  const auto& wanted = filter.event_classes;
  return !wanted || std::find(wanted->begin(), wanted->end(), event_class) != wanted->end();
}

bool outcome_wanted(const EventFilter& filter, schema::Outcome outcome) {
  const auto& wanted = filter.outcomes;
  return !wanted || std::find(wanted->begin(), wanted->end(), outcome) != wanted->end();
}

BlockMatch::BlockMatch(const EventFilter& filter, const schema::BlockColumns& block)
    : filter_(filter),
      block_(block),
      region_(decide(filter.region, block.region.values, equals)),
      service_(decide(filter.service, block.service.values, service_matches)),
      api_(decide(filter.api, block.api.values, api_matches)),
      error_code_(decide(filter.error_code, block.error_code.values, equals)) {}

bool BlockMatch::operator()(std::size_t event) const {
  return region_[block_.region.index[event]] && service_[block_.service.index[event]] &&
         api_[block_.api.index[event]] && error_code_[block_.error_code.index[event]] &&
         outcome_wanted(filter_, block_.outcome[event]) &&
         (!filter_.read_only || block_.read_only[event] == (*filter_.read_only ? 1 : 0));
}

bool figures_suffice(const EventFilter& filter) {
  return filter.error_code.empty() && !filter.read_only;
}

RollupMatch::RollupMatch(const EventFilter& filter, const schema::RollupView& rollup)
    : filter_(filter), region_(decide(filter.region, rollup.regions, equals)) {
  name_.reserve(rollup.names.size());
  for (const auto& name : rollup.names)
    name_.push_back(chosen(filter.service, name.first, service_matches) &&
                    chosen(filter.api, name.second, api_matches));
}

bool RollupMatch::operator()(const schema::RollupCount& count) const {
  return region_[count.region] && name_[count.name] && outcome_wanted(filter_, count.outcome);
}

}  // namespace backtrail::query
