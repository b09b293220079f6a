// All of the reference data, where it is present: what every folder gives, to the record, and why the rest is in
// quarantine.
//
// "files" counts what was read and what was refused as a whole. BACKTRAIL_PRINT_BOOKS=1 prints the table as it is now.
#include <cstdlib>
#include <filesystem>
#include <gmock/gmock.h>
#include <iostream>
#include <map>
#include <set>

#include "ingest/source/file_import.hpp"
#include "tests/db/ingest_warehouse.hpp"
#include "tests/support/real_data.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;
namespace fs = std::filesystem;

struct FolderBooks {
  const char* folder;
  const char* books;       // the receipt
  const char* quarantine;  // number and reason, by reason
  const char* why;         // why that is right
};

const FolderBooks kFolders[] = {
    {"", "", "", ""},
};

std::string quarantine_of(const IngestWarehouse& warehouse) {
  std::string text;
  for (const auto& row : warehouse.rows("SELECT count(*), reason FROM quarantine GROUP BY reason ORDER BY reason"))
    text += (text.empty() ? "" : ", ") + std::string(row[0].c_str()) + " " + row[1].c_str();
  return text;
}

void print_books(const IngestWarehouse& warehouse, const std::string& folder, const Receipt& receipt) {
  std::cout << folder << " | " << text_of(receipt) << " | " << quarantine_of(warehouse) << " | events "
            << warehouse.count("api_event") << " findings " << warehouse.count("finding") << " notices "
            << warehouse.count("notice") << '\n';
  for (const auto& row : warehouse.rows(
           "SELECT reason, detail, count(*), min(origin), left(encode((array_agg(raw ORDER BY position))[1], "
           "'escape'), 150) FROM quarantine GROUP BY 1, 2 ORDER BY 1, 2"))
    std::cout << "    " << row[0].c_str() << ": " << row[1].c_str() << " x" << row[2].c_str() << " "
              << fs::path(row[3].c_str()).filename().string() << " " << row[4].c_str() << '\n';
}

TEST(RealDataTest, EveryFolderIsAccountedForToTheRecord) {
  BACKTRAIL_REQUIRE_REAL_DATA(data);
  const bool print = std::getenv("BACKTRAIL_PRINT_BOOKS") != nullptr;
  std::map<std::string, const FolderBooks*> wanted;
  for (const auto& folder : kFolders) wanted[folder.folder] = &folder;
  std::set<std::string> present;
  for (const char* kind : {"cloudtrail", "guardduty", "securityhub-asff", "ocsf"})
    for (const auto& entry : fs::directory_iterator(data / kind)) {
      if (!entry.is_directory()) continue;
      const std::string folder = std::string(kind) + "/" + entry.path().filename().string();
      present.insert(folder);
      IngestWarehouse warehouse;
      warehouse.keep("all", std::nullopt);
      const auto report = import_files(warehouse.pipeline(), warehouse.ingest(), {entry.path()}, {});
      ASSERT_TRUE(report.has_value()) << folder;
      EXPECT_TRUE(report->receipt.balances()) << folder;
      EXPECT_EQ(report->files_failed, 0U) << folder;
      if (print) print_books(warehouse, folder, report->receipt);
      const auto found = wanted.find(folder);
      if (found == wanted.end()) {
        ADD_FAILURE() << folder << " is not in the table: " << text_of(report->receipt);
        continue;
      }
      EXPECT_EQ(text_of(report->receipt), found->second->books) << folder;
      EXPECT_EQ(quarantine_of(warehouse), found->second->quarantine) << folder << ": " << found->second->why;
    }
  for (const auto& [folder, books] : wanted) EXPECT_TRUE(present.contains(folder)) << folder << " is gone";
}

}  // namespace
}  // namespace backtrail::ingest
