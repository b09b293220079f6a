// What the fuzz targets share: an input as text, promises that end the run when they are broken, and the one clock.
//
// A target is a file NAME_fuzz.cpp with one function, BACKTRAIL_FUZZ(input). It must end in time that is linear in its
// input: tests/fuzz/run gives every input a few seconds.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "schema/core/hash.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::fuzz {

inline constexpr std::int64_t kNowUs = 1'793'707'200'000'000;  // 2026-11-03T12:00:00Z
inline const schema::HashKey kKey{};

// A copy of the input with the readable bytes behind it that the JSON parser asks for.
inline std::string padded(std::string_view input) {
  std::string text(input);
  text.reserve(text.size() + schema::kJsonPaddingBytes);
  return text;
}

// Is `text` a part of some text of the tree, or of a key? What a mapper tells about identity must come from its input.
inline bool tree_says(const schema::JsonNode& node, std::string_view text) {
  if (node.text().find(text) != std::string_view::npos || node.key().find(text) != std::string_view::npos) return true;
  for (const auto& child : node.children())
    if (tree_says(child, text)) return true;
  return false;
}

}  // namespace backtrail::fuzz

#define FUZZ_PROMISE(condition)                                                              \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "broken promise: %s at %s:%d\n", #condition, __FILE__, __LINE__); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)

#define BACKTRAIL_FUZZ(input)                                                         \
  static void fuzz_one(std::string_view input);                                       \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    fuzz_one({reinterpret_cast<const char*>(data), size});                            \
    return 0;                                                                         \
  }                                                                                   \
  static void fuzz_one(std::string_view input)
