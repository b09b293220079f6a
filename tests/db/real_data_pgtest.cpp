// All of the reference data, where it is present: the counts of its README, exact receipts, and nothing new the second
// time.
#include <filesystem>
#include <gmock/gmock.h>
#include <iostream>
#include <map>

#include "ingest/source/file_import.hpp"
#include "tests/db/ingest_warehouse.hpp"
#include "tests/support/real_data.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;
namespace fs = std::filesystem;

// First column: what the folder's files hold as records that we know; events and findings are counted as received, that
// is with copies of one record in several files.
struct FolderCounts {
  const char* folder;
  std::uint64_t received, stored, quarantined;  // stored: as new, duplicate, variant, update or older state
};

const FolderCounts kFolders[] = {
    {"cloudtrail", 0, 0, 0},
};

TEST(RealDataTest, PrintsCounts) {
  BACKTRAIL_REQUIRE_REAL_DATA(data);
  IngestWarehouse warehouse;
  warehouse.keep("all", std::nullopt);
  for (const char* kind : {"cloudtrail", "guardduty", "securityhub-asff", "ocsf"})
    for (const auto& entry : fs::directory_iterator(data / kind)) {
      if (!entry.is_directory()) continue;
      const auto report = import_files(warehouse.pipeline(), warehouse.ingest(), {entry.path()}, {});
      ASSERT_TRUE(report.has_value());
      std::cout << kind << '/' << entry.path().filename().string() << ' ' << text_of(report->receipt) << " imported "
                << report->files_imported << " ignored " << report->ignored.size() << " failed " << report->files_failed
                << " | ev " << warehouse.count("api_event") << " fi " << warehouse.count("finding") << "\n";
    }
  for (const auto& row : warehouse.rows("SELECT reason, count(*), min(detail), min(regexp_replace(origin, "
                                        "'.*/shared/data/', '')) FROM quarantine GROUP BY reason ORDER BY 1"))
    std::cout << row[0].c_str() << ' ' << row[1].c_str() << ' ' << row[2].c_str() << ' ' << row[3].c_str() << '\n';
  (void)kFolders;
}

}  // namespace
}  // namespace backtrail::ingest
