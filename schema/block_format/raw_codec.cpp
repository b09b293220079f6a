#include "schema/block_format/raw_codec.hpp"

#include "schema/block_format/packed.hpp"

namespace backtrail::schema {

void append_encoded_raw(std::string_view bytes, std::string& out) {
  BACKTRAIL_ASSERT(bytes.size() <= kRawMaxBytes);
  append_packed(bytes, PackWith::kDictionaryFast, out);
}

Result<std::string> decode_raw(std::string_view stored) {
  return unpack(stored, kRawMaxBytes);
}

}  // namespace backtrail::schema
