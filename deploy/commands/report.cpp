#include <fmt/format.h>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"

namespace backtrail::commands {

int report(const schema::Error& error) {
  fmt::print(stderr, "error: {}\n", visible(error.detail));
  return kFailed;
}

}  // namespace backtrail::commands
