// The body of a request, taken out of its framing by Boost.Beast's parser.
//
// Beast is good at Content-Length and chunked bodies (overflows, bare line feeds and broken chunks are refused); the
// faults of its head parsing are kept out by the gate. Nothing but the body is kept: header fields and trailers that
// Beast reports are dropped. No I/O here, so that it can be fuzzed. One object per request, one thread at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace backtrail::api {

class BodyDecoder {
 public:
  enum class State {
    kMore,      // give me more bytes
    kDone,      // the body is complete; what was not consumed belongs to the next request
    kTooLarge,  // more than `bytes_max`
    kMalformed  // the framing is broken: nothing after this can be trusted
  };

  explicit BodyDecoder(std::uint64_t bytes_max);
  ~BodyDecoder();
  BodyDecoder(const BodyDecoder&) = delete;
  BodyDecoder& operator=(const BodyDecoder&) = delete;

  // The whole head, as one block. Anything but kMore or kDone means that Beast disagrees with our gate.
  State take_head(std::string_view head);
  // Decodes from the front of `bytes` and says in `consumed` how far it came; the rest has to be offered again.
  State feed(std::string_view bytes, std::size_t& consumed);
  // For a body of this length, once memory is set aside for all of it: a body that grows piece by piece is copied again
  // and again, at last 32 MiB at once, while the other connections of the thread wait.
  void reserve(std::size_t bytes);

  [[nodiscard]] std::size_t body_bytes() const noexcept;
  [[nodiscard]] std::string take_body() noexcept;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace backtrail::api
