// GuardDuty's `service` block as Security Hub carries it: flattened into the strings of ProductFields.
//
// "aws/guardduty/service/action/awsApiCallAction/api": "ListBuckets" and lists as "portProbeDetails.0_/…" (also ":0")
// become the nested block again, so that one mapping serves native findings and their copies. Findings of 2019 have
// the same keys without the prefix. Numbers and flags stay strings. A value object; views live as long as it does.
#pragma once
#include <string>

#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

class GuardDutyServiceFields {
 public:
  explicit GuardDutyServiceFields(const schema::JsonNode* product_fields);
  // nullptr when ProductFields hold nothing of GuardDuty's.
  const schema::JsonNode* service() const { return service_; }

 private:
  std::string json_;
  schema::JsonParser parser_;
  const schema::JsonNode* service_ = nullptr;
};

}  // namespace backtrail::ingest
