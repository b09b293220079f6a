// API events as JSON: rows of listings, one event with its record, CSV cells. Pure.
#pragma once
#include "api/rest/answer.hpp"
#include "query/entity/activity.hpp"

namespace backtrail::api {

inline constexpr std::size_t kRowResourcesMax = 5;

Json event_row_json(const query::EventView& view);
// A row with the record, byte for byte, as `raw`; as text.
std::string event_row_with_record(const query::EventView& view);
// With everything it names and the record, byte for byte, as `raw`; as text.
std::string event_detail_json(const query::EventView& view);
// The whole answer of GET /api/v1/activity, as text.
std::string activity_json(const query::ActivityPage& page);

Json outcomes_json(const query::OutcomeCounts& counts);
Json values_json(const std::vector<query::ValueCount>& values);
Json apis_json(const std::vector<query::ApiCount>& apis);
Json accounts_json(const std::vector<query::ValueCount>& accounts,
                   const std::vector<std::optional<std::string>>& names);

const std::vector<std::string>& event_csv_header(bool with_raw);
std::vector<std::string> event_csv_cells(const query::EventView& view, bool with_raw);

}  // namespace backtrail::api
