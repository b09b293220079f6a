#include "query/export_writer.hpp"

#include <array>

namespace backtrail::query {
namespace {

// What spreadsheets skip in front of a cell: ASCII blanks, byte order mark, no-break and other Unicode blanks, and
// characters of no width.
constexpr std::array<std::string_view, 27> kSkipped = {" ",
                                                       "\t",
                                                       "\r",
                                                       "\n",
                                                       "\v",
                                                       "\f",
                                                       "\xC2\xA0",
                                                       "\xE1\x9A\x80",
                                                       "\xE2\x80\x80",
                                                       "\xE2\x80\x81",
                                                       "\xE2\x80\x82",
                                                       "\xE2\x80\x83",
                                                       "\xE2\x80\x84",
                                                       "\xE2\x80\x85",
                                                       "\xE2\x80\x86",
                                                       "\xE2\x80\x87",
                                                       "\xE2\x80\x88",
                                                       "\xE2\x80\x89",
                                                       "\xE2\x80\x8A",
                                                       "\xE2\x80\x8B",
                                                       "\xE2\x80\xA8",
                                                       "\xE2\x80\xA9",
                                                       "\xE2\x80\xAF",
                                                       "\xE2\x81\x9F",
                                                       "\xE2\x81\xA0",
                                                       "\xE3\x80\x80",
                                                       "\xEF\xBB\xBF"};

// = + - @, and their full-width forms, and the minus sign of mathematics.
constexpr std::array<std::string_view, 9> kFormulaStarts = {
    "=", "+", "-", "@", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0", "\xE2\x88\x92"};

template <std::size_t N>
std::string_view prefix_of(std::string_view text, const std::array<std::string_view, N>& prefixes) {
  for (const std::string_view prefix : prefixes)
    if (text.starts_with(prefix)) return prefix;
  return {};
}

}  // namespace

schema::Result<ExportFormat> parse_export_format(std::string_view text) {
  if (text == "csv") return ExportFormat::kCsv;
  if (text == "ndjson") return ExportFormat::kNdjson;
  return schema::fail(schema::Code::kBadParameter, "format: use csv or ndjson");
}

std::string_view media_type_of(ExportFormat format) {
  return format == ExportFormat::kCsv ? "text/csv; charset=utf-8" : "application/x-ndjson";
}

std::string_view name_of(ExportFormat format) {
  return format == ExportFormat::kCsv ? "csv" : "ndjson";
}

bool looks_like_formula(std::string_view cell) {
  if (cell.empty()) return false;
  if (cell.front() == '\t' || cell.front() == '\r' || cell.front() == '\n') return true;
  for (std::string_view skipped = prefix_of(cell, kSkipped); !skipped.empty(); skipped = prefix_of(cell, kSkipped))
    cell.remove_prefix(skipped.size());
  return !prefix_of(cell, kFormulaStarts).empty();
}

void append_csv_cell(std::string_view cell, std::string& out) {
  out += '"';
  if (looks_like_formula(cell)) out += '\'';
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_csv_row(std::span<const std::string> cells, std::string& out) {
  bool first = true;
  for (const auto& cell : cells) {
    if (!first) out += ',';
    first = false;
    append_csv_cell(cell, out);
  }
  out += "\r\n";
}

void append_ndjson_line(std::string_view json, std::string& out) {
  out.reserve(out.size() + json.size() + 1);
  for (const char c : json) out += c == '\n' || c == '\r' ? ' ' : c;
  out += '\n';
}

}  // namespace backtrail::query
