// What every contestant of the questions does alike: reads the questions, asks them with a clock, prints the answers.
#pragma once
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

namespace backtrail::bench {

// FILE has a JSON document a line: {"question":"user","key":"AIDA…","from":"…","to":"…"}. Prints a line for each:
// {"question","key","ms","answer"}; `answer(asked)` is what must be equal between contestants. Each question is asked
// once to warm up unless `cold`, then once with the clock running.
template <class Answer>
void ask_all(const std::string& file, bool cold, Answer&& answer) {
  using nlohmann::json;
  std::ifstream questions(file);
  for (std::string line; std::getline(questions, line);) {
    const auto asked = json::parse(line);
    if (!cold) answer(asked);
    const auto began = std::chrono::steady_clock::now();
    json given = answer(asked);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    std::cout << json{{"question", asked["question"]},
                      {"key", asked["key"]},
                      {"ms", took.count()},
                      {"answer", std::move(given)}}
                     .dump()
              << '\n';
  }
}

}  // namespace backtrail::bench
