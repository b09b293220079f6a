// An ApiEvent as readable JSON, every field in a fixed order: what golden files hold and failing tests print.
#pragma once
#include <string>

#include "schema/model/api_event.hpp"

namespace backtrail::testing {

// Indented by two, ends with a newline. Times are RFC 3339, flags are words; raw and content_fp are left out (the input
// has the bytes).
std::string event_dump(const schema::ApiEvent& event);

}  // namespace backtrail::testing
