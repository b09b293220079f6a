// All of the reference data, where it is present: what every folder gives, to the record, and why the rest is in
// quarantine.
//
// BACKTRAIL_PRINT_BOOKS=1 prints the table as it is now.
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
  const char* why;         // what is in quarantine, and rightly
};

const FolderBooks kFolders[] = {
    {"cloudtrail/DataDog__stratus-red-team", "received 310: new 310", "",
     "nothing: invented Regions are stored as they are"},
    {"cloudtrail/OTRF__Security-Datasets", "received 104: new 103 quarantined 1", "1 syntax",
     "a table of alerts (CSV) beside the records; records keep the time that Logstash gave them"},
    {"cloudtrail/boogy__CloudTrail-Log-Parser", "received 1685: new 1685", "", "nothing"},
    {"cloudtrail/cloud-custodian__cwe", "received 34: new 27 variants 2 quarantined 5",
     "2 account, 1 time, 2 unknown_shape",
     "masked account ids; a record without a time; rule results and the like in envelopes of no AWS service"},
    {"cloudtrail/invictus-ir__aws_dataset", "received 2900: new 2900", "", "nothing"},
    {"cloudtrail/log2timeline__plaso", "received 6: new 6", "", "nothing"},
    {"cloudtrail/opensearch-project__opensearch-catalog", "received 1734: new 890 duplicates 839 quarantined 5",
     "1 account, 3 syntax, 1 truncated",
     "masked account ids; stray brackets and a cut end of a file that is no JSON as a whole"},
    {"cloudtrail/panther-labs__panther-analysis",
     "received 291: new 80 duplicates 10 variants 127 other states 5 quarantined 69",
     "12 account, 50 time, 2 unknown_shape",
     "times without a zone, invented account ids, DNS answers in OCSF; test cases share event ids, which makes them "
     "variants"},
    {"cloudtrail/rubysoho07__cloudtrail-watcher", "received 37: new 32 quarantined 5", "5 account",
     "masked account ids"},
    {"cloudtrail/splunk__security_content", "received 21: new 21", "", "nothing"},
    {"cloudtrail/umccr__cloudtrail-parquet-lambda", "received 206: new 205 variants 1", "", "nothing"},
    {"guardduty/aws-samples__guardduty-automated-response", "received 3: new 3", "", "nothing"},
    {"guardduty/aws__aws-cli_examples", "received 4: new 4", "", "nothing"},
    {"guardduty/blu371ck__GuardDuty-SOAR", "received 15: new 2 quarantined 13", "13 account",
     "account ids masked with thirteen digits"},
    {"guardduty/chronicle__content-hub", "received 1: new 1", "", "nothing"},
    {"guardduty/cloud-custodian__duty", "received 2: new 2", "", "nothing"},
    {"guardduty/m-mizutani__alertchain", "received 4: new 3 duplicates 1", "", "nothing"},
    {"guardduty/terraform-aws-modules__notify-slack", "received 15: new 1 quarantined 14",
     "3 account, 11 unknown_shape", "account ids of nine digits; alarms and messages that carry no finding"},
    {"ocsf/cruxstack__aws-securityhubv2-bot", "received 9: new 9", "", "nothing"},
    {"ocsf/prowler-cloud__prowler", "received 21: new 0 quarantined 21", "21 account",
     "other clouds, and account ids replaced by placeholders"},
    {"securityhub-asff/DefectDojo__awssecurityhub", "received 29: new 18 duplicates 3 other states 1 quarantined 7",
     "7 account", "masked or missing account ids"},
    {"securityhub-asff/aquasecurity__trivy", "received 6: new 3 other states 3", "", "nothing"},
    {"securityhub-asff/aws-solutions__ASR_simdata", "received 109: new 108 other states 1", "", "nothing"},
    {"securityhub-asff/cloud-custodian__placebo", "received 44: new 37 other states 1 quarantined 6", "6 unknown_shape",
     "answers that list no finding"},
    {"securityhub-asff/jonrau1__ElectricEye_outputs", "received 6: new 3 other states 1 quarantined 2",
     "1 account, 1 time", "another cloud; a time of no known form"},
};

// Which of two states with one time is the newer is decided by the warehouse's own key: their sum is what is certain.
std::string books_of(const Receipt& receipt) {
  std::string text = fmt::format("received {}: new {}", receipt.received, receipt.fresh);
  for (const auto& [name, number] :
       std::initializer_list<std::pair<const char*, std::uint64_t>>{{"duplicates", receipt.duplicates},
                                                                    {"variants", receipt.variants},
                                                                    {"other states", receipt.updated + receipt.stale},
                                                                    {"quarantined", receipt.quarantined}})
    if (number != 0) text += fmt::format(" {} {}", name, number);
  return text;
}

std::string quarantine_of(const IngestWarehouse& warehouse) {
  std::string text;
  for (const auto& row : warehouse.rows("SELECT count(*), reason FROM quarantine GROUP BY reason ORDER BY reason"))
    text += (text.empty() ? "" : ", ") + std::string(row[0].c_str()) + " " + row[1].c_str();
  return text;
}

void print_books(const IngestWarehouse& warehouse, const std::string& folder, const Receipt& receipt) {
  std::cout << folder << " | " << books_of(receipt) << " | " << quarantine_of(warehouse) << " | events "
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
      // One writer: of two contents of an event id that two writers store at the same instant, each counts its own as
      // new, and only the sweep afterwards raises the alert.
      IngestWarehouse warehouse({.writers = 1});
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
      EXPECT_EQ(books_of(report->receipt), found->second->books) << folder;
      EXPECT_EQ(quarantine_of(warehouse), found->second->quarantine) << folder << ": " << found->second->why;
    }
  for (const auto& [folder, books] : wanted) EXPECT_TRUE(present.contains(folder)) << folder << " is gone";
}

}  // namespace
}  // namespace backtrail::ingest
