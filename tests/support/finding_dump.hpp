// A Finding as readable JSON, every field in a fixed order: what golden files hold and failing tests print.
#pragma once
#include <string>

#include "schema/model/finding.hpp"

namespace backtrail::testing {

// Indented by two, ends with a newline. Times are RFC 3339; raw and content_fp are left out (the input has the bytes).
std::string finding_dump(const schema::Finding& finding);

}  // namespace backtrail::testing
