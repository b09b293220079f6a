// The program `backtrail`, started as a user starts it: arguments, two streams, a status, signals.
//
// Every wait ends after kPatience and kills the program, so that one that hangs fails a test instead of hanging it.
// One thread a program.
#pragma once
#include <chrono>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace backtrail::testing {

inline constexpr std::chrono::seconds kPatience{180};

struct Finished {
  int status = -1;  // 128 + the signal when one ended it
  std::string out, err;
};

class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();  // kills what still runs
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Waits until standard output holds `text`; false when the program ended before that.
  bool says(const std::string& text);
  void signal(int number) const;
  // Waits for the end. Call once.
  Finished finish();
  std::string out() const;

 private:
  bool ended();
  pid_t process_ = -1;
  std::string directory_;  // of the files that take the two streams
  int status_ = -1;
};

// Runs it to the end.
Finished run_backtrail(const std::vector<std::string>& arguments);

}  // namespace backtrail::testing
