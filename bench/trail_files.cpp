#include "bench/trail_files.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "ingest/decode/decode.hpp"
#include "ingest/parse/json_split.hpp"

namespace backtrail::bench {
namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return bytes.str();
}

void records_of(std::string_view text, const std::function<void(std::string_view)>& take) {
  const auto array = ingest::find_array_member(text, {"Records"});
  if (array == std::string_view::npos) return;
  ingest::ValueStream stream(text.substr(array), true);
  for (ingest::Piece piece; stream.next(piece);) take(piece.text);
}

}  // namespace

TrailFiles::TrailFiles(const std::filesystem::path& path) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
    if (entry.is_regular_file()) files_.push_back(entry.path());
  std::sort(files_.begin(), files_.end());
}

std::size_t TrailFiles::bytes() const {
  std::size_t sum = 0;
  for (const auto& file : files_) sum += std::filesystem::file_size(file);
  return sum;
}

bool TrailFiles::next(const std::function<void(std::string_view record)>& take) {
  const auto at = at_++;
  if (at >= files_.size()) return false;
  const auto bytes = contents(files_[at]);
  constexpr std::size_t kRoomBytes = std::size_t{1} << 30U;
  const auto decoded = ingest::decode(bytes, {.output_bytes_max = kRoomBytes});
  if (!decoded.failures.empty()) throw std::runtime_error("cannot decode " + files_[at].string());
  for (const auto& document : decoded.documents) records_of(document.text, take);
  return true;
}

}  // namespace backtrail::bench
