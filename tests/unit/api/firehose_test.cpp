// What Firehose is answered, and the header of common attributes.
#include "api/doors/firehose.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>

namespace backtrail::api {
namespace {

using nlohmann::json;

std::string attributes(int pairs, std::size_t name_chars = 1, std::size_t value_chars = 1) {
  json document{{"commonAttributes", json::object()}};
  for (int i = 0; i < pairs; ++i) {
    std::string name = std::to_string(i);
    name.resize(std::max(name_chars, name.size()), 'n');
    document["commonAttributes"][name] = std::string(value_chars, 'v');
  }
  return document.dump();
}

TEST(FirehoseAnswerTest, SaysWhatTheContractAsksFor) {
  EXPECT_EQ(firehose_answer("r-1", 1793613600123), R"({"requestId":"r-1","timestamp":1793613600123})");
  EXPECT_EQ(firehose_answer("r-1", 5, "why"), R"({"requestId":"r-1","timestamp":5,"errorMessage":"why"})");
  const auto odd = json::parse(firehose_answer("\"<\\\x01\xFF", 5));
  EXPECT_EQ(odd["requestId"], "\"<\\\x01\xEF\xBF\xBD");
}

TEST(FirehoseAnswerTest, ErrorsAreNotLongerThanFirehoseReads) {
  const auto length = [](std::size_t given) {
    return json::parse(firehose_answer("r", 1, std::string(given, 'x')))["errorMessage"].get<std::string>().size();
  };
  EXPECT_EQ(length(kFirehoseErrorBytesMax), kFirehoseErrorBytesMax);
  EXPECT_EQ(length(kFirehoseErrorBytesMax + 1), kFirehoseErrorBytesMax);
}

TEST(FirehoseRefusalTest, NeverSays413) {
  Request request;
  request.headers.add("X-Amz-Firehose-Request-Id", "r-9");
  for (const int status : {400, 401, 403, 404, 408, 413, 415, 429, 500, 503}) {
    const Response refusal = firehose_refusal(request, {.status = status, .title = "t", .detail = "d", .hint = "h"});
    EXPECT_NE(refusal.status, 413);
    EXPECT_NE(refusal.status, 200);
    const auto body = json::parse(refusal.body);
    EXPECT_EQ(body["requestId"], "r-9");
    EXPECT_EQ(body["errorMessage"], "d h");
    EXPECT_TRUE(body["timestamp"].is_number_integer());
    EXPECT_EQ(refusal.headers.find("Content-Type"), "application/json");
  }
}

TEST(FirehoseAttributesTest, ReadsPairs) {
  EXPECT_TRUE(read_common_attributes("").value().empty());
  EXPECT_TRUE(read_common_attributes(R"({"commonAttributes":{}})").value().empty());
  const auto read = read_common_attributes(R"({"commonAttributes":{"site":"b","empty":""}})").value();
  EXPECT_EQ(read.at("site"), "b");
  EXPECT_EQ(read.at("empty"), "");
}

TEST(FirehoseAttributesTest, LimitsAreThoseOfFirehose) {
  EXPECT_TRUE(read_common_attributes(attributes(50)));
  EXPECT_FALSE(read_common_attributes(attributes(51)));
  EXPECT_TRUE(read_common_attributes(attributes(1, 256)));
  EXPECT_FALSE(read_common_attributes(attributes(1, 257)));
  EXPECT_TRUE(read_common_attributes(attributes(1, 1, 1024)));
  EXPECT_FALSE(read_common_attributes(attributes(1, 1, 1025)));
  // Characters, not bytes.
  std::string umlauts;
  for (int i = 0; i < 1024; ++i) umlauts += "\xC3\xA4";
  EXPECT_TRUE(read_common_attributes(R"({"commonAttributes":{"a":")" + umlauts + "\"}}"));
}

TEST(FirehoseAttributesTest, RefusesOtherForms) {
  for (const char* header :
       {"x", "{}", "[]", "5", R"({"commonAttributes":[]})", R"({"commonAttributes":{"a":1}})",
        R"({"commonAttributes":{"a":null}})", R"({"commonAttributes":{"":"x"}})", R"({"commonAttributes":{},"more":1})",
        R"({"commonAttributes":{"a":"b"}}x)", R"({"CommonAttributes":{}})", "{\"commonAttributes\":{\"a\":\"\xFF\"}}"})
    EXPECT_FALSE(read_common_attributes(header)) << header;
}

}  // namespace
}  // namespace backtrail::api
