// Writes parts and directories, and reads them back. Runs in the sealer's transaction; throws what it throws.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/seal/row_reader.hpp"
#include "schema/block_format/directory_codec.hpp"
#include "schema/parts/part_store.hpp"

namespace backtrail::ingest::seal {

// A row of event_piece.
struct Piece {
  int kind;
  std::int64_t first_key, last_key;
  std::string_view bytes;
};
void for_each_piece(const schema::EncodedPart& part, const std::function<void(const Piece&)>& f);

schema::PartHead head_of(const schema::PartKey& key, const schema::EncodedPart& part);
void write_part(SealStatements& statements, const schema::PartHead& head, const schema::EncodedPart& part,
                std::int64_t now_us);
// What the database gives back of the part is this head and part, to the last byte. That they decode to the events is
// for the caller to see before.
schema::Result<void> check_part(SealStatements& statements, const schema::PartHead& head,
                                const schema::EncodedPart& part);

// Writes the directory of a run and checks that it names every entity.
schema::Result<void> write_directory(SealStatements& statements, std::int32_t day,
                                     const std::vector<schema::DirectoryEntry>& entries);

// Every entity of these events, each once.
std::vector<std::int64_t> entities_of(const std::vector<schema::SealedEvent>& events);

}  // namespace backtrail::ingest::seal
