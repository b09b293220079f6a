// Findings that nobody meant: every value of every golden record replaced by every other type, and real records where
// they are at hand. A mapper may refuse with a reason; it may not crash, and what it stores keeps the promises.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "tests/support/real_data.hpp"
#include "tests/unit/ingest/finding_fixtures.hpp"

namespace backtrail::ingest {
namespace {

using namespace fixtures;
namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_valid_utf8(const std::string& text) {
  try {
    (void)Json(text).dump();
    return text.find('\0') == std::string::npos;
  } catch (const Json::exception&) {
    return false;
  }
}

// What the database and the page rely on, whatever was sent.
void expect_promises(const schema::Finding& finding) {
  EXPECT_TRUE(schema::is_account_id(finding.identity.account_id));
  EXPECT_FALSE(finding.identity.product_key.empty());
  EXPECT_FALSE(finding.identity.provider_id.empty());
  EXPECT_LE(finding.first_seen_us, finding.last_seen_us);
  for (const auto us : {finding.first_seen_us, finding.last_seen_us, finding.created_us, finding.updated_us})
    EXPECT_LE(us, kReceivedUs + schema::kMicrosPerHour);
  EXPECT_GE(finding.count, 1);
  EXPECT_FALSE(finding.raw.empty());
  std::set<std::pair<schema::EntityKind, std::string>> seen;
  schema::FindingRole last = schema::FindingRole::kActor;
  for (const auto& mention : finding.entities) {
    EXPECT_TRUE(seen.emplace(mention.entity.kind, mention.entity.key).second) << mention.entity.key;
    EXPECT_LE(last, mention.role);
    last = mention.role;
    EXPECT_FALSE(mention.entity.key.empty());
    EXPECT_LE(mention.entity.key.size(), schema::kEntityKeyMaxBytes);
    EXPECT_TRUE(is_valid_utf8(mention.entity.key));
    EXPECT_TRUE(mention.attributes_json.empty() || Json::accept(mention.attributes_json)) << mention.attributes_json;
  }
  for (const auto& [label, value] : finding.facts) {
    EXPECT_FALSE(label.empty());
    EXPECT_FALSE(value.empty());
    EXPECT_TRUE(is_valid_utf8(value));
  }
  for (const auto* text : {&finding.title, &finding.description, &finding.type, &finding.action, &finding.user_name})
    EXPECT_TRUE(is_valid_utf8(*text));
}

void expect_stored_or_refused(const schema::Result<schema::Finding>& result) {
  if (result) return expect_promises(*result);
  const std::set<std::string> reasons{"account", "schema", "time", "missing_id"};
  EXPECT_TRUE(reasons.contains(refusal(result))) << result.error().detail;
}

TEST(FindingRobustnessTest, EveryValueMayHaveEveryOtherType) {
  const Json replacements[] = {nullptr,
                               true,
                               -1,
                               1e300,
                               "",
                               "text",
                               Json::array(),
                               Json::object(),
                               std::string("\0", 1),
                               {{"a", {1, nullptr, "x"}}},
                               {Json::object(), {{"key", "k"}}, "i-1", 7}};
  std::size_t mapped_count = 0;
  for (const char* folder : {"guardduty", "asff"}) {
    for (const auto& entry : fs::directory_iterator(testing::source_dir() / "tests" / "golden" / folder)) {
      if (!entry.path().filename().string().ends_with(".in.json")) continue;
      const Json original = Json::parse(read_file(entry.path()));
      const Json leaves = original.flatten();
      std::set<std::string> visited;
      for (const auto& [pointer, value] : leaves.items()) {
        // each value, and each block that holds it
        for (Json::json_pointer at(pointer); !at.empty(); at = at.parent_pointer()) {
          if (!visited.insert(at.to_string()).second) break;
          for (const Json& replacement : replacements) {
            Json changed = original;
            changed[at] = replacement;
            SCOPED_TRACE(entry.path().filename().string() + " " + at.to_string() + " = " + replacement.dump());
            expect_stored_or_refused(folder[0] == 'g' ? map_guardduty_json(changed) : map_asff_json(changed));
            if (::testing::Test::HasFailure()) return;
            ++mapped_count;
          }
        }
      }
    }
  }
  EXPECT_GT(mapped_count, 10'000U);
}

// The finding objects inside whatever envelope a file of the real data has.
void collect_findings(const Json& json, std::vector<Json>& findings) {
  if (json.is_array()) {
    for (const Json& item : json) collect_findings(item, findings);
  } else if (json.is_object()) {
    const testing::ParsedJson record(json.dump());
    if (looks_like_guardduty(record.root()) || looks_like_asff(record.root())) {
      findings.push_back(json);
      return;
    }
    for (const char* name : {"detail", "findings", "Findings", "data"})
      if (json.contains(name)) collect_findings(json[name], findings);
  }
}

std::vector<Json> real_findings(const fs::path& folder) {
  std::vector<Json> findings;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string text = read_file(entry.path());
    if (Json::accept(text)) {
      collect_findings(Json::parse(text), findings);
      continue;
    }
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      if (Json::accept(line)) collect_findings(Json::parse(line), findings);
  }
  return findings;
}

TEST(FindingRobustnessTest, RealFindingsAreStoredOrRefusedWithAReason) {
  BACKTRAIL_REQUIRE_REAL_DATA(data);
  std::map<std::string, std::size_t> outcomes;
  for (const char* folder : {"guardduty", "securityhub-asff", "cloudtrail/panther-labs__panther-analysis",
                             "cloudtrail/splunk__security_content", "cloudtrail/cloud-custodian__cwe"}) {
    for (const Json& json : real_findings(data / folder)) {
      SCOPED_TRACE(json.dump().substr(0, 300));
      const testing::ParsedJson record(json.dump());
      const auto result = looks_like_guardduty(record.root()) ? map_guardduty_json(json) : map_asff_json(json);
      expect_stored_or_refused(result);
      ++outcomes[refusal(result)];
    }
  }
  // Masked accounts of 9 and 13 digits, one without an account, times without a zone.
  EXPECT_GT(outcomes["stored"], 190U);
  EXPECT_GT(outcomes["account"], 15U);
  EXPECT_GT(outcomes["time"], 5U);
  EXPECT_EQ(outcomes["missing_id"] + outcomes["schema"], 0U);
}

}  // namespace
}  // namespace backtrail::ingest
