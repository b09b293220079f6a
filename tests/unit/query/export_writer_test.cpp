// What an export looks like on the wire, and that no cell of it runs in a spreadsheet.
#include "query/export_writer.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace backtrail::query {
namespace {

std::string cell(std::string_view text) {
  std::string out;
  append_csv_cell(text, out);
  return out;
}

TEST(ExportWriterTest, QuotesEveryCellAndDoublesQuotes) {
  std::string out;
  append_csv_row(std::vector<std::string>{"a", "", "x,y", "say \"hi\"", "two\nlines"}, out);
  EXPECT_EQ(out, "\"a\",\"\",\"x,y\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n");
}

TEST(ExportWriterTest, AnEmptyRowIsALineEnd) {
  std::string out;
  append_csv_row(std::vector<std::string>{}, out);
  EXPECT_EQ(out, "\r\n");
}

TEST(ExportWriterTest, NeutralisesEveryStartOfAFormula) {
  for (const std::string sign :
       {"=", "+", "-", "@", "\t", "\r", "\n", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20", "\u2212"})
    EXPECT_EQ(cell(sign + "cmd|' /C calc'!A0"), "\"'" + sign + "cmd|' /C calc'!A0\"") << "sign " << sign;
}

TEST(ExportWriterTest, SeesAFormulaBehindBlanksAndByteOrderMarks) {
  for (const std::string before :
       {" ", "   ", "\uFEFF", "\uFEFF ", "\u00A0", "\u3000", "\u200B", " \uFEFF\u2003", "\v"})
    EXPECT_TRUE(looks_like_formula(before + "=1+1")) << "before: " << before.size() << " bytes";
}

TEST(ExportWriterTest, LeavesOrdinaryTextAlone) {
  for (const std::string text : {"", " ", "a=b", "2026-11-20", "i-0abc", "arn:aws:s3:::b", "\uFEFF", "'=1", "3-4", "/"})
    EXPECT_FALSE(looks_like_formula(text)) << text;
  EXPECT_EQ(cell("a=b"), "\"a=b\"");
}

TEST(ExportWriterTest, WritesOneValueALine) {
  std::string out;
  append_ndjson_line("{\"a\":1}", out);
  append_ndjson_line("{\r\n  \"b\": \"x\\ny\"\n}", out);
  EXPECT_EQ(out, "{\"a\":1}\n{    \"b\": \"x\\ny\" }\n");
}

TEST(ExportWriterTest, KnowsItsFormats) {
  EXPECT_EQ(*parse_export_format("csv"), ExportFormat::kCsv);
  EXPECT_EQ(*parse_export_format("ndjson"), ExportFormat::kNdjson);
  for (const std::string_view text : {"", "CSV", "json", "xlsx"}) {
    const auto format = parse_export_format(text);
    ASSERT_FALSE(format) << text;
    EXPECT_EQ(format.error().code, schema::Code::kBadParameter);
    EXPECT_EQ(format.error().detail, "format: use csv or ndjson");
  }
  EXPECT_EQ(media_type_of(ExportFormat::kCsv), "text/csv; charset=utf-8");
  EXPECT_EQ(name_of(ExportFormat::kNdjson), "ndjson");
}

}  // namespace
}  // namespace backtrail::query
