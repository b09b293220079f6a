// Findings as JSON: rows of lists and exports, and the whole of one finding. Pure.
#pragma once
#include "api/rest/answer.hpp"
#include "query/findings/finding_detail.hpp"
#include "query/findings/finding_rows.hpp"

namespace backtrail::api {

Json finding_row_json(const query::FindingRow& row);
Json finding_rows_json(const std::vector<query::FindingRow>& rows);
Json finding_detail_json(const query::FindingDetail& detail);

std::string severity_label(int stored);

// Column names of the CSV export, and a row's cells in their order.
const std::vector<std::string>& finding_csv_header();
std::vector<std::string> finding_csv_cells(const query::FindingRow& row);

}  // namespace backtrail::api
