// All of the reference data, where it is present, through every door that can carry it: the first door stores it, every
// other gives the same account of it and adds nothing.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

#include "api/doors/ingest_doors.hpp"
#include "schema/core/utf8.hpp"
#include "tests/http/door_harness.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/real_data.hpp"

namespace backtrail::api {
namespace {

using testing::DoorHarness;
using testing::Json;
using testing::Sender;
using testing::senders;
namespace fs = std::filesystem;

struct Books {
  std::uint64_t files = 0, received = 0, stored = 0, duplicates = 0, variants = 0, quarantined = 0;
};

std::vector<fs::path> data_files(const fs::path& data) {
  const std::set<std::string> kinds{".json", ".jsonl", ".ndjson", ".gz", ".zip", ".zst", ".log"};
  std::vector<fs::path> files;
  for (const char* folder : {"cloudtrail", "guardduty", "securityhub-asff", "ocsf"})
    for (const auto& entry : fs::recursive_directory_iterator(data / folder))
      if (entry.is_regular_file() && kinds.contains(entry.path().extension().string())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// The body that a sender makes of a file; nothing where it cannot carry it.
std::optional<std::string> body_for(const Sender& from, const std::string& bytes, int number) {
  if (from.name == "a script") return bytes;
  if (from.name == "EventBridge") return bytes.size() <= kEventBridgeBodyBytesMax ? std::optional(bytes) : std::nullopt;
  constexpr std::size_t kFirehoseRecordMax = 1'024'000, kSnsMessageMax = 256 * 1024;
  if (from.name == "Firehose") {
    if (bytes.size() > kFirehoseRecordMax) return {};
    return testing::firehose_body({bytes}, "file-" + std::to_string(number));
  }
  if (bytes.size() > kSnsMessageMax || !schema::is_utf8(bytes)) return {};
  Json message = Json::parse(from.envelope(bytes));
  message["MessageId"] = "file-" + std::to_string(number);
  return message.dump();
}

Books books_of(const testing::IngestWarehouse& warehouse) {
  const auto row = warehouse.rows(
      "SELECT received, new + updated + stale, duplicates, variants, quarantined FROM delivery ORDER BY received_at "
      "DESC LIMIT 1")[0];
  const auto number = [&row](int column) { return static_cast<std::uint64_t>(std::stoull(row[column].c_str())); };
  return {1, number(0), number(1), number(2), number(3), number(4)};
}

TEST(RealDataDoorsTest, EveryDoorGivesTheSameAccount) {
  BACKTRAIL_REQUIRE_REAL_DATA(data);
  DoorHarness doors;
  const auto files = data_files(data);
  ASSERT_FALSE(files.empty());
  std::vector<Books> first(files.size());
  std::string picture;
  std::vector<Sender> order = senders();
  std::rotate(order.begin(), order.end() - 1, order.end());  // what can carry everything comes first
  for (Sender& from : order) {
    if (from.name == "Firehose") from.fixed_headers = "Content-Type: application/json\r\n";
    Books total;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const std::string bytes = testing::read_whole_file(files[i]);
      const auto body = bytes.empty() ? std::nullopt : body_for(from, bytes, static_cast<int>(i));
      if (!body) continue;
      const Reply reply = doors.post(from, *body);
      ASSERT_EQ(reply.status, 200) << from.name << " " << files[i] << reply.body;
      const Books books = books_of(doors.warehouse());
      ASSERT_EQ(books.received, books.stored + books.duplicates + books.variants + books.quarantined) << files[i];
      if (from.name == "a script") {
        first[i] = books;
      } else {
        EXPECT_EQ(books.received, first[i].received) << from.name << " " << files[i];
        EXPECT_EQ(books.quarantined, first[i].quarantined) << from.name << " " << files[i];
        EXPECT_EQ(books.stored + books.variants, 0U) << from.name << " " << files[i];
      }
      ++total.files;
      total.received += books.received;
      total.stored += books.stored;
      total.duplicates += books.duplicates;
      total.variants += books.variants;
      total.quarantined += books.quarantined;
    }
    std::cout << "  " << from.path << ": " << total.files << " of " << files.size() << " files, received "
              << total.received << ", stored " << total.stored << ", duplicates " << total.duplicates << ", variants "
              << total.variants << ", quarantined " << total.quarantined << "\n";
    const std::string counts = doors.warehouse().value(
        "SELECT (SELECT count(*) FROM api_event) || ' ' || (SELECT count(*) FROM finding) || ' ' || "
        "(SELECT count(*) FROM finding_version) || ' ' || (SELECT count(*) FROM notice)");
    if (picture.empty()) picture = counts;
    EXPECT_EQ(counts, picture) << from.name;
  }
  std::cout << "  events, findings, versions, notices: " << picture << "\n";
}

}  // namespace
}  // namespace backtrail::api
