// A JSON text and its tree, with the room behind it that the parser needs: for tests that hand records to mappers.
#pragma once
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "schema/core/json_tree.hpp"

namespace backtrail::testing {

class ParsedJson {
 public:
  explicit ParsedJson(std::string_view json) : bytes_(json), size_(json.size()) {
    bytes_.append(schema::kJsonPaddingBytes, '\0');
    const auto parsed = parser_.parse(text());
    EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : parsed.error().detail) << "\n" << json.substr(0, 2000);
    if (parsed) root_ = *parsed;
  }
  ParsedJson(const ParsedJson&) = delete;
  ParsedJson& operator=(const ParsedJson&) = delete;

  // A null node when the text was not JSON (the test has failed then).
  const schema::JsonNode& root() const { return *root_; }
  std::string_view text() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::string bytes_;
  std::size_t size_;
  schema::JsonParser parser_;
  schema::JsonNode nothing_;
  const schema::JsonNode* root_ = &nothing_;
};

}  // namespace backtrail::testing
