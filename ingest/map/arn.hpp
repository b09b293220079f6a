// Amazon Resource Names, taken apart: arn:partition:service:region:account:resource. Views into the text given; pure.
#pragma once
#include <optional>
#include <string_view>

namespace backtrail::ingest {

struct Arn {
  std::string_view partition, service, region, account, resource;
};

// Empty when it is not six parts that begin with "arn". The region and account may be empty; `resource` keeps its own
// colons and slashes.
std::optional<Arn> parse_arn(std::string_view text);

// What comes last in the resource part, after '/' or ':': an id or name to show ("role/path/web" -> "web").
std::string_view last_part(std::string_view arn_or_name);

// arn:aws:guardduty:REGION:ACCOUNT:detector/DETECTOR/finding/FINDING
struct FindingArn {
  std::string_view partition, region, account, detector_id, finding_id;
};
std::optional<FindingArn> parse_guardduty_finding_arn(std::string_view text);

}  // namespace backtrail::ingest
