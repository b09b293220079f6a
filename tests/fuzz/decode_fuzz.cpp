// gzip, zip and zstd: the output stays within its budget, and what cannot be decoded is reported with bytes of the
// input.
#include "ingest/decode/decode.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;

BACKTRAIL_FUZZ(input) {
  ingest::DecodeLimits limits;
  constexpr std::size_t kOutputBytesMax = 4U * 1024 * 1024;
  limits.output_bytes_max = kOutputBytesMax;
  const auto decoded = ingest::decode(input, limits);
  FUZZ_PROMISE(!decoded.documents.empty() || !decoded.failures.empty() ||
               ingest::container_of(input) != ingest::Container::kNone);
  std::size_t output = 0;
  for (const auto& document : decoded.documents) output += document.text.size();
  FUZZ_PROMISE(output <= limits.output_bytes_max + input.size());
  for (const auto& failure : decoded.failures) {
    FUZZ_PROMISE(failure.raw.data() >= input.data());
    FUZZ_PROMISE(failure.raw.data() + failure.raw.size() <= input.data() + input.size());
    FUZZ_PROMISE(failure.error.detail.starts_with("encoding") || failure.error.detail.starts_with("bomb"));
  }
}
