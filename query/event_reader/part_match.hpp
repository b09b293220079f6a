// Conditions on the columns of sealed events: the same as those of the statements over rows (row_question.hpp), decided
// once for each distinct text of a block, or of a part's figures. Pure; thread-safe.
#pragma once
#include <string_view>
#include <vector>

#include "query/event_reader/event_filter.hpp"
#include "schema/block_format/block_codec.hpp"
#include "schema/block_format/rollup_view.hpp"

namespace backtrail::query {

// Services by host name or first label, APIs exactly or by a prefix that ends with '*'.
bool service_matches(std::string_view wanted, std::string_view service);
bool api_matches(std::string_view wanted, std::string_view api);

// Are there conditions that posting lists cannot decide?
bool needs_columns(const EventFilter& filter);
// What a part and a posting tell already.
bool class_wanted(const EventFilter& filter, schema::EventClass event_class);
bool outcome_wanted(const EventFilter& filter, schema::Outcome outcome);

class BlockMatch {
 public:
  // Both must outlive this.
  BlockMatch(const EventFilter& filter, const schema::BlockColumns& block);
  bool operator()(std::size_t event) const;

 private:
  const EventFilter& filter_;
  const schema::BlockColumns& block_;
  std::vector<bool> region_, service_, api_, error_code_;  // of each distinct text
};

// Do the figures of parts tell everything that the filter asks of events, but who, where and when?
bool figures_suffice(const EventFilter& filter);

class RollupMatch {
 public:
  // Both must outlive this.
  RollupMatch(const EventFilter& filter, const schema::RollupView& rollup);
  bool operator()(const schema::RollupCount& count) const;

 private:
  const EventFilter& filter_;
  std::vector<bool> region_, name_;  // of each in the part's lists
};

}  // namespace backtrail::query
