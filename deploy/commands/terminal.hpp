// Text for terminals: control characters made visible, progress lines, aligned tables. What events and findings hold
// was written by attackers: an escape sequence must never reach the terminal. Pure but for Progress.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace backtrail::commands {

// C0, C1, DEL, bidirectional and zero-width controls become \u{…}; invalid UTF-8 becomes U+FFFD.
std::string visible(std::string_view text);

// Columns padded to their widest cell (code points), cells made visible, at most `max_cell` characters each.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                  std::size_t max_cell = 48);

// "12,345,678"
std::string grouped(std::uint64_t number);

// One line on standard error that is rewritten on a terminal and left out elsewhere.
class Progress {
 public:
  Progress();
  ~Progress();
  void show(std::string_view text, double fraction);
  void done();

 private:
  bool terminal_;
  bool shown_ = false;
};

}  // namespace backtrail::commands
