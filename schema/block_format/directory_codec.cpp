#include "schema/block_format/directory_codec.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace backtrail::schema {
namespace {

constexpr std::size_t kHashBytes = 3, kAccountBytes = 5, kCountBytes = 3;
// About what fits four times into a database page.
constexpr std::size_t kRowBytes = 1'700;
constexpr std::array<unsigned, 6> kSlotBits{0, 4, 6, 8, 10, 12};

void put(std::uint64_t value, std::size_t bytes, std::string& out) {
  for (std::size_t i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}
std::uint64_t get(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

std::uint32_t slot_of(std::uint64_t hash, unsigned bits) {
  return bits == 0 ? 1 : static_cast<std::uint32_t>((1U << bits) + static_cast<unsigned>(hash >> (64 - bits)));
}
// The bits of a hash behind those that its slot tells.
std::uint32_t rest_of(std::uint64_t hash, unsigned bits) {
  return static_cast<std::uint32_t>((hash << bits) >> (64 - 8 * kHashBytes));
}
// How many bytes say which of so many accounts it is.
std::size_t place_bytes(std::size_t accounts) {
  return accounts <= 1U << 8 ? 1 : accounts <= 1U << 16 ? 2 : 3;
}

void sort_unique(auto& items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

// So few slots that their rows have about kRowBytes.
unsigned slot_bits(std::size_t entries, std::size_t accounts) {
  for (const unsigned bits : kSlotBits) {
    const std::size_t row = entries >> bits;
    if (row * (kHashBytes + 1) + std::min(row, accounts) * kAccountBytes <= kRowBytes) return bits;
  }
  return kSlotBits.back();
}

struct Key {
  std::uint32_t slot, rest;
  std::uint64_t account;
  auto operator<=>(const Key&) const = default;
};

std::string row_of(std::span<const Key> keys) {
  std::vector<std::uint64_t> accounts;
  for (const auto& key : keys) accounts.push_back(key.account);
  sort_unique(accounts);
  std::string bytes;
  put(accounts.size(), kCountBytes, bytes);
  for (const auto& key : keys) put(key.rest, kHashBytes, bytes);
  for (const auto& key : keys)
    put(static_cast<std::uint64_t>(std::lower_bound(accounts.begin(), accounts.end(), key.account) - accounts.begin()),
        place_bytes(accounts.size()), bytes);
  for (const std::uint64_t account : accounts) put(account, kAccountBytes, bytes);
  return bytes;
}

}  // namespace

std::uint64_t account_number(std::string_view account_id) {
  std::uint64_t number = 0;
  for (const char digit : account_id) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  return number;
}

std::vector<DirectoryRow> encode_directory(const std::vector<DirectoryEntry>& entries) {
  std::vector<std::uint64_t> accounts;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> whole;
  for (const auto& entry : entries) {
    whole.emplace_back(static_cast<std::uint64_t>(entry.hash), entry.account);
    if (accounts.empty() || accounts.back() != entry.account) accounts.push_back(entry.account);
  }
  sort_unique(whole);
  sort_unique(accounts);
  const unsigned bits = slot_bits(whole.size(), accounts.size());
  std::vector<Key> keys;
  keys.reserve(whole.size());
  for (const auto& [hash, account] : whole) keys.push_back({slot_of(hash, bits), rest_of(hash, bits), account});
  sort_unique(keys);  // what is kept of two hashes may be the same
  std::vector<DirectoryRow> rows;
  for (std::size_t i = 0; i < keys.size();) {
    std::size_t end = i;
    while (end < keys.size() && keys[end].slot == keys[i].slot) ++end;
    rows.push_back({static_cast<std::int32_t>(keys[i].slot), row_of(std::span(keys).subspan(i, end - i))});
    i = end;
  }
  return rows;
}

// A row that is damaged names nothing.
DirectoryRows::DirectoryRows(const std::vector<DirectoryRow>& rows) {
  for (const auto& row : rows) {
    const std::string_view bytes = row.bytes;
    if (bytes.size() < kCountBytes) continue;
    const auto accounts = static_cast<std::size_t>(get(bytes.substr(0, kCountBytes)));
    const std::size_t place_size = place_bytes(accounts);
    if (bytes.size() < kCountBytes + accounts * kAccountBytes) continue;
    const std::size_t n = (bytes.size() - kCountBytes - accounts * kAccountBytes) / (kHashBytes + place_size);
    if (kCountBytes + n * (kHashBytes + place_size) + accounts * kAccountBytes != bytes.size()) continue;
    const auto hashes = bytes.substr(kCountBytes), places = hashes.substr(n * kHashBytes),
               numbers = places.substr(n * place_size);
    for (std::size_t i = 0; i < n; ++i) {
      const auto place = static_cast<std::size_t>(get(places.substr(i * place_size, place_size)));
      if (place < accounts)
        keys_.push_back({static_cast<std::uint32_t>(row.slot),
                         static_cast<std::uint32_t>(get(hashes.substr(i * kHashBytes, kHashBytes))),
                         get(numbers.substr(place * kAccountBytes, kAccountBytes))});
    }
  }
  std::sort(keys_.begin(), keys_.end());
}

bool DirectoryRows::names(const DirectoryEntry& entry) const {
  const auto hash = static_cast<std::uint64_t>(entry.hash);
  return std::any_of(kSlotBits.begin(), kSlotBits.end(), [&](unsigned bits) {
    return std::binary_search(keys_.begin(), keys_.end(), Key{slot_of(hash, bits), rest_of(hash, bits), entry.account});
  });
}

}  // namespace backtrail::schema
