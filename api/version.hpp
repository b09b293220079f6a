// The program's version, as the build says.
#pragma once

namespace backtrail::api {

inline constexpr const char* kVersion = BACKTRAIL_VERSION;

}  // namespace backtrail::api
