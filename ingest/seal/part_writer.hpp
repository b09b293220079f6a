// Writes parts and directories, and reads them back. Runs in the transaction of the
// sealer or of an import; throws what it throws.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ingest/seal/row_reader.hpp"
#include "schema/block_format/directory_codec.hpp"
#include "schema/parts/part_store.hpp"

namespace backtrail::ingest::seal {

schema::PartHead head_of(const schema::PartKey& key, const schema::EncodedPart& part);

// Collects parts and writes them: a statement for each table and not for each part, because most parts are small.
class PartWriter {
 public:
  PartWriter(SealStatements& statements, std::int64_t now_us);
  ~PartWriter();

  void add(const schema::PartHead& head, const schema::EncodedPart& part);
  // Writes what was added; nothing is written for sure before.
  void flush();

 private:
  struct Columns;
  SealStatements& statements_;
  const std::int64_t now_us_;
  std::unique_ptr<Columns> columns_;
};

// What the database gives back of the part is this head and part, to the last byte. That they decode to the events is
// for the caller to see before.
schema::Result<void> check_part(SealStatements& statements, const schema::PartHead& head,
                                const schema::EncodedPart& part);

// Writes one more directory of a day and checks that it names every entity. Gives its number.
schema::Result<int> write_directory(SealStatements& statements, std::int32_t day,
                                    const std::vector<schema::DirectoryEntry>& entries);

// Every entity of these events, each once.
std::vector<std::int64_t> entities_of(const std::vector<schema::SealedEvent>& events);

}  // namespace backtrail::ingest::seal
