#include "schema/block_format/directory_codec.hpp"

#include <algorithm>
#include <array>

namespace backtrail::schema {
namespace {

constexpr std::size_t kHashBytes = 4, kAccountBytes = 5, kEntryBytes = kHashBytes + kAccountBytes;
constexpr unsigned kHashBitsDropped = 64 - 8 * kHashBytes;
// About what fits into a database page beside others.
constexpr std::size_t kRowEntries = 200;
constexpr std::array<unsigned, 4> kSlotBits{0, 4, 8, 12};

void put(std::uint64_t value, std::size_t bytes, std::string& out) {
  for (std::size_t i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}

std::int32_t slot_of(std::uint64_t hash, unsigned bits) {
  return bits == 0 ? 1 : static_cast<std::int32_t>((1U << bits) + static_cast<unsigned>(hash >> (64 - bits)));
}

struct Key {
  std::uint64_t hash, account;
  auto operator<=>(const Key&) const = default;
};

}  // namespace

std::uint64_t account_number(std::string_view account_id) {
  std::uint64_t number = 0;
  for (const char digit : account_id) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  return number;
}

std::vector<DirectoryRow> encode_directory(const std::vector<DirectoryEntry>& entries) {
  std::vector<Key> keys;
  keys.reserve(entries.size());
  for (const auto& entry : entries) keys.push_back({static_cast<std::uint64_t>(entry.hash), entry.account});
  // What is kept of a hash is equal for neighbours only.
  for (auto& key : keys) key.hash = key.hash >> kHashBitsDropped << kHashBitsDropped;
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  unsigned bits = kSlotBits.back();
  for (const unsigned few : kSlotBits)
    if (keys.size() <= kRowEntries << few) {
      bits = few;
      break;
    }
  std::vector<DirectoryRow> rows;
  for (std::size_t i = 0; i < keys.size();) {
    DirectoryRow row{slot_of(keys[i].hash, bits), {}};
    std::string accounts;
    for (; i < keys.size() && slot_of(keys[i].hash, bits) == row.slot; ++i) {
      put(keys[i].hash >> kHashBitsDropped, kHashBytes, row.bytes);
      put(keys[i].account, kAccountBytes, accounts);
    }
    row.bytes += accounts;
    rows.push_back(std::move(row));
  }
  return rows;
}

// A row that is damaged, or in the wrong slot, names nothing.
DirectoryRows::DirectoryRows(const std::vector<DirectoryRow>& rows) {
  const auto number = [](std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  };
  for (const auto& row : rows) {
    if (row.bytes.size() % kEntryBytes != 0) continue;
    const std::size_t n = row.bytes.size() / kEntryBytes;
    const std::string_view bytes = row.bytes;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t hash = number(bytes.substr(i * kHashBytes, kHashBytes));
      const bool in_its_slot = std::any_of(kSlotBits.begin(), kSlotBits.end(), [&](unsigned bits) {
        return slot_of(hash << kHashBitsDropped, bits) == row.slot;
      });
      if (in_its_slot) keys_.push_back({hash, number(bytes.substr(n * kHashBytes + i * kAccountBytes, kAccountBytes))});
    }
  }
  std::sort(keys_.begin(), keys_.end());
}

bool DirectoryRows::names(const DirectoryEntry& entry) const {
  return std::binary_search(keys_.begin(), keys_.end(),
                            Key{static_cast<std::uint64_t>(entry.hash) >> kHashBitsDropped, entry.account});
}

}  // namespace backtrail::schema
