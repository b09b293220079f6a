// Running an import with a progress bar and printing its account: shared by `import` and `up --sample`.
#pragma once
#include <filesystem>
#include <vector>

#include "ingest/source/file_import.hpp"

namespace backtrail::commands {

// Loads the paths.
schema::Result<ingest::ImportReport> run_import(ingest::Pipeline& pipeline, schema::Database& ingest,
                                                const std::vector<std::filesystem::path>& paths, bool again);
// The exact account, as a table or as one JSON document.
void print_import(const ingest::ImportReport& report, bool json);

}  // namespace backtrail::commands
