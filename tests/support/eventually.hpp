// Waits in a test for something that other threads bring about.
#pragma once
#include <chrono>
#include <thread>

namespace backtrail::testing {

// Long enough for a busy machine; a test that waits so long has failed.
inline constexpr std::chrono::milliseconds kPatience{20'000};

// Asks again and again; false when it did not come true within kPatience.
template <class F>
bool eventually(F&& true_now) {
  constexpr std::chrono::milliseconds kBetweenLooks{5};
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!true_now()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return true;
}

}  // namespace backtrail::testing
