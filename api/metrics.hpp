// /metrics in Prometheus' text form: requests, ingest outcomes, build. Thread-safe.
#pragma once
#include <memory>
#include <string>

#include "api/http/server.hpp"
#include "ingest/intake.hpp"

namespace backtrail::api {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  void on_request(const RequestRecord& record);
  // The text; reads the totals of the intake when there is one.
  std::string text(ingest::Intake* intake) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace backtrail::api
