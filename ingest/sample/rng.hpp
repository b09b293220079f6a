// Random numbers that are the same on every machine and in every version of the standard library.
//
// The sample organisation must be byte-identical for one seed, and any part of it must be computable without the
// parts before it: so every account, day, burst and session derives its own stream from a hash of what it is
// (mix), instead of drawing from one long sequence. Values only; thread-safe.
#pragma once
#include <cstdint>
#include <string_view>

namespace backtrail::ingest::sample {

__extension__ using Uint128 = unsigned __int128;

// The finaliser of SplitMix64: a bijection that spreads every input bit.
constexpr std::uint64_t scramble(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return x;
}

constexpr std::uint64_t mix(std::uint64_t a) {
  return scramble(a + 0x9e3779b97f4a7c15ULL);
}

template <typename... Rest>
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b, Rest... rest) {
  return mix(scramble(a + 0x9e3779b97f4a7c15ULL) ^ (b * 0xd6e8feb86659fd93ULL), static_cast<std::uint64_t>(rest)...);
}

// A name as a number for mix(); FNV-1a, so that it can be computed at compile time.
constexpr std::uint64_t tag(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

class Rng {
 public:
  explicit constexpr Rng(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    return scramble(state_);
  }

  // A number in [0, bound). The bias is below bound / 2^64 and does not matter here.
  constexpr std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Uint128>(next()) * bound) >> 64);
  }

  // A number in [low, high], both included.
  constexpr std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }

  constexpr bool per_mille(std::uint64_t chance) { return below(1000) < chance; }

 private:
  std::uint64_t state_;
};

}  // namespace backtrail::ingest::sample
