// The API calls that the sample organisation makes: service, name, and templates of their parameters.
//
// A table of facts: what CloudTrail records for a call (shape of requestParameters and responseElements, whether it
// only reads, whether it is a data event). Looked up by "service:Name" when plans are made; an unknown name is a
// mistake in our own tables and ends the program (std::logic_error). Built once; read only; thread-safe.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ingest/sample/template.hpp"

namespace backtrail::ingest::sample {

struct ApiSpec {
  std::string_view service;  // "ec2" of ec2.amazonaws.com
  std::string_view name;
  std::string_view
      flags;  // r reads, w writes; D data event; g global, recorded in us-east-1; s sign-in; e service event
  std::string_view request = {};    // templates; empty means null
  std::string_view response = {};   // of a service event: serviceEventDetails
  std::string_view resources = {};  // the inside of resources[]
};

struct Api {
  std::string source;  // ec2.amazonaws.com
  std::string_view service;
  std::string_view name;
  std::string version;  // of the event's format
  bool read_only = true;
  bool data_event = false;
  bool global = false;
  bool sign_in = false;
  bool service_event = false;
  bool object_store = false;  // has additionalEventData with byte counts, and the bucket in its host name
  Template request, response, resources;
};

using ApiIndex = std::uint16_t;

class Catalogue {
 public:
  Catalogue();
  [[nodiscard]] const Api& at(ApiIndex index) const { return apis_[index]; }
  [[nodiscard]] ApiIndex find(std::string_view service_and_name) const;
  [[nodiscard]] std::size_t size() const { return apis_.size(); }

 private:
  void add(std::span<const ApiSpec> specs);
  std::vector<Api> apis_;
  std::unordered_map<std::string, ApiIndex> by_name_;
};

std::span<const ApiSpec> compute_calls();
std::span<const ApiSpec> identity_calls();
std::span<const ApiSpec> storage_calls();
std::span<const ApiSpec> operations_calls();

}  // namespace backtrail::ingest::sample
