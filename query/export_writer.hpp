// Writes exports: CSV for spreadsheets and NDJSON for programs.
//
// Attackers write part of what is exported (titles, user agents, bucket names), and spreadsheets execute cells that
// begin like a formula. Therefore every CSV cell is quoted, and one that a spreadsheet could take for a formula gets an
// apostrophe in front, also where the sign hides behind a byte order mark, blanks or in its full-width form. Pure
// functions that append to a buffer; thread-safe.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schema/core/error.hpp"

namespace backtrail::query {

enum class ExportFormat { kCsv, kNdjson };

// "csv" or "ndjson"; anything else is kBadParameter.
schema::Result<ExportFormat> parse_export_format(std::string_view text);
std::string_view media_type_of(ExportFormat format);
// The ending of a file's name: "csv" or "ndjson".
std::string_view name_of(ExportFormat format);

// True for text that a spreadsheet may evaluate: its first visible character is = + - @, or it begins with TAB, CR or
// LF.
bool looks_like_formula(std::string_view cell);

// One record of RFC 4180, ended by CRLF. An absent value is an empty string.
void append_csv_row(std::span<const std::string> cells, std::string& out);
// One quoted cell, without a separator.
void append_csv_cell(std::string_view cell, std::string& out);

// One JSON value as one line. Line ends between its tokens become blanks (inside strings JSON has none), so that bytes
// as they were received stay one value of the same content.
void append_ndjson_line(std::string_view json, std::string& out);

}  // namespace backtrail::query
