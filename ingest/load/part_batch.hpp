// The parts of one transaction on their way into the database: a statement for each table and not for each part,
// because most parts are small. Belongs to the transaction's thread; throws what it throws.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "schema/block_format/directory_codec.hpp"
#include "schema/parts/part_store.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest {

class PartBatch {
 public:
  PartBatch(schema::Transaction& tx, std::int64_t now_us);
  ~PartBatch();

  // `entities`: every entity of the part, each once.
  void add(const schema::PartKey& key, const schema::EncodedPart& part, const std::vector<std::int64_t>& entities);
  // Writes what was added, with the directories of the days. Nothing may be added afterwards.
  void finish();

 private:
  struct Columns;
  void flush();

  schema::Transaction& tx_;
  const std::int64_t now_us_;
  std::unique_ptr<Columns> columns_;
  std::map<std::int32_t, std::vector<schema::DirectoryEntry>> directories_;
};

}  // namespace backtrail::ingest
