// What every contestant of the questions does alike: reads the questions, asks them with a clock, prints the answers.
#pragma once
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace backtrail::bench {

// An answer that took longer than the contestant's limit.
struct OverLimit : std::runtime_error {
  OverLimit() : std::runtime_error("over the limit") {}
};

struct AskOptions {
  std::string file;
  bool cold = false;    // ask each question once only
  double budget_s = 0;  // for all asking of one kind of question; further ones are left out. 0: no end
  int server_pid = 0;   // the process of PostgreSQL that answers
};

// Processor time of this process and of the server's: unlike the clock's, it does not depend on who else is busy.
inline double processor_ms(int server_pid) {
  std::timespec own{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
  double server_ns = 0;
  std::ifstream("/proc/" + std::to_string(server_pid) + "/schedstat") >> server_ns;
  return static_cast<double>(own.tv_sec) * 1e3 + (static_cast<double>(own.tv_nsec) + server_ns) / 1e6;
}

// The file has a JSON document a line: {"question":"user","key":"AIDA…","from":"…","to":"…"}. Prints a line for each:
// {"question","key","ms","cpu_ms","answer"}, or {"question","key","over":true}; `answer(asked)` is what must be equal
// between contestants. Each question is asked once to warm up unless `cold`, then once with the clock running. A line
// with "unheard":true is asked and not printed: it makes the connection and the plans ready.
template <class Answer>
void ask_all(const AskOptions& options, Answer&& answer) {
  using nlohmann::json;
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;
  std::ifstream questions(options.file);
  std::map<std::string, double> spent_s;
  for (std::string line; std::getline(questions, line);) {
    const auto asked = json::parse(line);
    const std::string question = asked["question"];
    const bool unheard = asked.value("unheard", false);
    double& spent = spent_s[question];
    if (options.budget_s > 0 && spent > options.budget_s) continue;
    json said{{"question", question}, {"key", asked["key"]}};
    const auto start = Clock::now();
    try {
      if (!options.cold && !unheard) answer(asked);
      const double used = processor_ms(options.server_pid);
      const auto began = Clock::now();
      json given = answer(asked);
      said["ms"] = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
      said["cpu_ms"] = processor_ms(options.server_pid) - used;
      said["answer"] = std::move(given);
    } catch (const OverLimit&) {
      said["over"] = true;
    }
    if (unheard) continue;
    spent += Seconds(Clock::now() - start).count();
    std::cout << said.dump() << std::endl;
  }
}

}  // namespace backtrail::bench
