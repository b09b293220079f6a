#include "ingest/sample/catalogue.hpp"

#include <stdexcept>

namespace backtrail::ingest::sample {
namespace {

// Each service writes its own version of the record format, and keeps to it for years.
std::string_view version_of(std::string_view service) {
  if (service == "sts" || service == "ssm" || service == "signin") return "1.08";
  if (service == "ec2" || service == "iam") return "1.10";
  if (service == "kms" || service == "s3" || service == "lambda" || service == "dynamodb") return "1.11";
  return tag(service) % 2 == 0 ? "1.09" : "1.08";
}

bool has(std::string_view flags, char flag) {
  return flags.find(flag) != std::string_view::npos;
}

}  // namespace

Catalogue::Catalogue() {
  add(compute_calls());
  add(identity_calls());
  add(storage_calls());
  add(operations_calls());
}

void Catalogue::add(std::span<const ApiSpec> specs) {
  for (const ApiSpec& spec : specs) {
    Api api;
    api.source = std::string(spec.service) + ".amazonaws.com";
    api.service = spec.service;
    api.name = spec.name;
    api.version = std::string(version_of(spec.service));
    api.read_only = has(spec.flags, 'r');
    api.data_event = has(spec.flags, 'D');
    api.global = has(spec.flags, 'g');
    api.sign_in = has(spec.flags, 's');
    api.service_event = has(spec.flags, 'e');
    api.object_store = spec.service == "s3";
    api.request = Template(spec.request);
    api.response = Template(spec.response);
    api.resources = Template(spec.resources);
    const bool fresh =
        by_name_.emplace(std::string(spec.service) + ":" + std::string(spec.name), static_cast<ApiIndex>(apis_.size()))
            .second;
    if (!fresh) throw std::logic_error("twice in the sample's API catalogue: " + std::string(spec.name));
    apis_.push_back(std::move(api));
  }
}

ApiIndex Catalogue::find(std::string_view service_and_name) const {
  const auto found = by_name_.find(std::string(service_and_name));
  if (found == by_name_.end()) {
    throw std::logic_error("not in the sample's API catalogue: " + std::string(service_and_name));
  }
  return found->second;
}

}  // namespace backtrail::ingest::sample
