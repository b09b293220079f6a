// Values of filters as a request writes them: lists with commas, negations, escapes, and how an error shows them.
// Pure functions; thread-safe. Internal to query/findings.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/error.hpp"

namespace backtrail::query {

struct FilterValue {
  std::string text;
  bool negated = false;
};

// kBadParameter with the detail "name: what".
schema::Error bad_parameter(std::string_view name, std::string_view what);

// A value as it may stand in an error: it was written by the peer.
std::string shown_value(std::string_view value);

// "!text" refuses; "\!text" is a text that begins with the mark.
FilterValue filter_value(std::string_view raw);

// Splits at commas; "\," is a comma and "\\" a backslash, any other backslash stands for itself.
std::vector<FilterValue> split_filter_values(std::string_view raw);

// Not longer than kFilterValueMaxBytes, and without NUL, which the database cannot store.
schema::Result<void> check_filter_value(std::string_view name, std::string_view value);

}  // namespace backtrail::query
