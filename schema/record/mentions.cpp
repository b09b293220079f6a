#include "schema/record/mentions.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace backtrail::schema {
namespace {

// Parameters whose value names something without an ARN; {p} stands for the partition. The ARN is put together as
// before_region Region after_region account after_account value.
struct NamedParameter {
  std::string_view service;  // eventSource without ".amazonaws.com"; "" for any
  std::string_view parameter;
  std::string_view before_region, after_region, after_account;
};

constexpr std::array kNamedParameters{
    NamedParameter{"", "bucketName", "arn:aws:s3:::", "", ""},
    NamedParameter{"iam", "userName", "arn:{p}:iam::", "", ":user/"},
    NamedParameter{"iam", "roleName", "arn:{p}:iam::", "", ":role/"},
    NamedParameter{"iam", "groupName", "arn:{p}:iam::", "", ":group/"},
    NamedParameter{"iam", "instanceProfileName", "arn:{p}:iam::", "", ":instance-profile/"},
    NamedParameter{"lambda", "functionName", "arn:{p}:lambda:", ":", ":function:"},
    NamedParameter{"dynamodb", "tableName", "arn:{p}:dynamodb:", ":", ":table/"},
    NamedParameter{"rds", "dBInstanceIdentifier", "arn:{p}:rds:", ":", ":db:"},
    NamedParameter{"rds", "dBClusterIdentifier", "arn:{p}:rds:", ":", ":cluster:"},
    NamedParameter{"rds", "dBSnapshotIdentifier", "arn:{p}:rds:", ":", ":snapshot:"},
    NamedParameter{"eks", "name", "arn:{p}:eks:", ":", ":cluster/"},
    NamedParameter{"eks", "clusterName", "arn:{p}:eks:", ":", ":cluster/"},
    NamedParameter{"ecs", "cluster", "arn:{p}:ecs:", ":", ":cluster/"},
    NamedParameter{"cloudtrail", "name", "arn:{p}:cloudtrail:", ":", ":trail/"},
    NamedParameter{"cloudtrail", "trailName", "arn:{p}:cloudtrail:", ":", ":trail/"},
    NamedParameter{"secretsmanager", "secretId", "arn:{p}:secretsmanager:", ":", ":secret:"},
    NamedParameter{"kms", "keyId", "arn:{p}:kms:", ":", ":key/"},
    NamedParameter{"ssm", "name", "arn:{p}:ssm:", ":", ":parameter/"},
    NamedParameter{"ssm", "names", "arn:{p}:ssm:", ":", ":parameter/"},
    NamedParameter{"sns", "name", "arn:{p}:sns:", ":", ":"},
    NamedParameter{"guardduty", "detectorId", "arn:{p}:guardduty:", ":", ":detector/"},
};

// Ids of EC2 and its neighbours: prefix, then 8 or 17 hexadecimal digits.
constexpr std::array<std::string_view, 18> kIdPrefixes{"vol-",  "eni-",      "sg-",  "snap-", "ami-", "subnet-",
                                                       "vpc-",  "igw-",      "rtb-", "acl-",  "nat-", "eipalloc-",
                                                       "vpce-", "eipassoc-", "fs-",  "lt-",   "tgw-", "cgw-"};

// Source: AWS General Reference, "Amazon Resource Names": partitions by Region.
std::string_view partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  return region.starts_with("us-gov-") ? "aws-us-gov" : "aws";
}

bool is_resource_id(std::string_view text) {
  if (text.size() < 10 || text.size() > 30) return false;
  for (const auto prefix : kIdPrefixes) {
    if (!text.starts_with(prefix)) continue;
    const auto digits = text.substr(prefix.size());
    return digits.size() >= 8 && std::all_of(digits.begin(), digits.end(),
                                             [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  }
  return false;
}

bool is_unique_id(std::string_view text) {
  constexpr std::size_t kMinChars = 16;
  return text.size() >= kMinChars && (text.starts_with("AIDA") || text.starts_with("AROA")) &&
         std::all_of(text.begin(), text.begin() + kMinChars,
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

class Collector {
 public:
  explicit Collector(ApiEvent& event) : event_(event), service_(event.service) {
    if (const auto dot = service_.find(".amazonaws.com"); dot != std::string_view::npos)
      service_ = service_.substr(0, dot);
  }

  void walk(const JsonNode& node) {
    if (node.is_string()) visit_all(node.key(), node.text());
    for (const auto& child : node.children()) {
      // An array's strings are named by the array.
      if (node.is_array() && child.is_string())
        visit_all(node.key(), child.text());
      else
        walk(child);
    }
  }

  void add(EntityKind kind, std::string_view key, std::string_view name) {
    if ((event_.flags & kFlagMentionsCut) != 0) return;  // full: comparing with all of them would find nothing to do
    key = cut_entity_key(key);
    for (const auto& known : event_.mentions)
      if (known.kind == kind && known.key == key) return;
    if (event_.mentions.size() >= kMentionsMaxPerEvent) {
      event_.flags |= kFlagMentionsCut;
      return;
    }
    event_.mentions.push_back({kind, std::string(key), std::string(name)});
  }

  void add_arn(std::string_view arn) {
    add(EntityKind::kResource, arn, {});
    // IAM calls name users and roles without their path: keep both forms, so that one question finds both.
    if (arn.find(":iam::") == std::string_view::npos) return;
    const auto first = arn.find('/'), last = arn.rfind('/');
    if (first == std::string_view::npos || first == last) return;
    add(EntityKind::kResource, fmt::format("{}{}", arn.substr(0, first), arn.substr(last)), {});
  }

 private:
  void visit_all(std::string_view parameter, std::string_view value) {
    visit(parameter, value);
    add_instances_in(value);
  }

  void visit(std::string_view parameter, std::string_view value) {
    constexpr std::size_t kMinChars = 3;
    if (value.size() < kMinChars) return;
    if (value.starts_with("arn:")) return add_arn(value);
    if (is_instance_id(value)) return add(EntityKind::kInstance, value, {});
    if (is_resource_id(value)) return add(EntityKind::kResource, value, {});
    if (is_access_key_id(value)) return add(EntityKind::kAccessKey, value, {});
    if (is_unique_id(value)) return add_unique_id(value);
    for (const auto& named : kNamedParameters)
      if (named.parameter == parameter && (named.service.empty() || named.service == service_))
        return add_named(named, value);
  }

  // Instance ids inside longer text: ARNs, descriptions, names of sessions.
  void add_instances_in(std::string_view value) {
    const auto is_word = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    };
    for (std::size_t at = value.find("i-"); at != std::string_view::npos; at = value.find("i-", at + 2)) {
      if (at > 0 && is_word(value[at - 1])) continue;
      std::size_t end = at + 2;
      while (end < value.size() && is_word(value[end])) ++end;
      const auto id = value.substr(at, end - at);
      if (is_instance_id(id)) add(EntityKind::kInstance, id, {});
    }
  }

  void add_unique_id(std::string_view value) {
    const auto colon = value.find(':');
    add(EntityKind::kPrincipal, value.substr(0, colon), {});
    if (colon == std::string_view::npos) return;
    add(EntityKind::kRoleSession, value, value.substr(colon + 1));
    if (is_instance_id(value.substr(colon + 1))) add(EntityKind::kInstance, value.substr(colon + 1), {});
  }

  void add_named(const NamedParameter& named, std::string_view value) {
    if (named.after_account.empty())
      return add(EntityKind::kResource, fmt::format("{}{}", named.before_region, value), value);
    std::string_view path = value;
    if (named.after_account.ends_with("parameter/") && path.starts_with('/')) path.remove_prefix(1);
    constexpr std::string_view kPartitionMark = "{p}";
    std::string before(named.before_region);
    before.replace(before.find(kPartitionMark), kPartitionMark.size(), partition_of(event_.region));
    const std::string_view region = named.after_region.empty() ? std::string_view{} : std::string_view{event_.region};
    add(EntityKind::kResource,
        fmt::format("{}{}{}{}{}{}", before, region, named.after_region, event_.account_id, named.after_account, path),
        value);
  }

  ApiEvent& event_;
  std::string_view service_;
};

}  // namespace

void collect_mentions(const JsonNode& record, ApiEvent& event) {
  Collector collector(event);
  for (const std::string_view part : {"requestParameters", "responseElements", "serviceEventDetails"})
    if (const JsonNode* node = record.find(part)) collector.walk(*node);
  if (const JsonNode* resources = record.find("resources"))
    for (const auto& resource : resources->children())
      for (const std::string_view key : {"ARN", "arn"})
        if (const auto arn = resource.string_at(key); !arn.empty()) collector.add_arn(arn);
}

}  // namespace backtrail::schema
