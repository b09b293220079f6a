// Time stamps, days and durations: whatever is accepted is in range and is the same after it is written and read again.
#include "schema/core/time.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;

BACKTRAIL_FUZZ(input) {
  if (const auto time = schema::parse_rfc3339(input)) {
    constexpr std::int64_t kYear10000Us = 253'402'300'800 * schema::kMicrosPerSecond;
    FUZZ_PROMISE(time->us >= -schema::kMicrosPerDay && time->us < kYear10000Us + schema::kMicrosPerDay);
    if (time->us >= 0 && time->us < kYear10000Us) {
      const auto again = schema::parse_rfc3339(schema::format_rfc3339(time->us));
      FUZZ_PROMISE(again && again->us == time->us && !again->leap_second);
    }
  }
  if (const auto day = schema::parse_day(input)) FUZZ_PROMISE(schema::format_day(*day) == input);
  if (const auto duration = schema::parse_duration(input))
    FUZZ_PROMISE(*duration > 0 && *duration <= 3650 * schema::kMicrosPerDay);
}
