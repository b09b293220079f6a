#include "ingest/map/asff_resources.hpp"

#include <fmt/format.h>
#include <string>
#include <utility>

#include "ingest/map/arn.hpp"
#include "ingest/map/finding_caller.hpp"
#include "ingest/map/guardduty_service.hpp"
#include "ingest/map/json_field.hpp"

namespace backtrail::ingest {
namespace {

using schema::EntityKind;
using schema::Finding;
using schema::FindingRole;
using schema::JsonNode;

// What stands behind "AWS::IAM::AccessKey:" and "AWS::::Account:"; ARNs and bare ids as they are.
std::string_view bare_id(std::string_view id) {
  return id.starts_with("AWS::") ? id.substr(id.rfind(':') + 1) : id;
}

class AsffResource {
 public:
  AsffResource(const JsonNode& resource, const AsffContext& context, Finding& finding, FindingBuilder& builder)
      : resource_(resource),
        context_(context),
        finding_(finding),
        builder_(builder),
        type_(resource.string_at("Type")),
        id_(resource.string_at("Id")),
        details_(resource.find("Details")) {}

  void map() {
    if (type_ == "AwsIamAccessKey")
      map_access_key();
    else if (type_ == "AwsEc2Instance")
      map_instance();
    else if (type_ == "AwsIamUser")
      map_iam_user();
    else if (type_ == "AwsIamRole")
      map_iam_role();
    else if (type_ == "AwsAccount")
      map_account();
    else
      map_other();
  }

  FindingRole role() const {
    const auto given = resource_.string_at("ResourceRole");
    if (given == "Actor") return FindingRole::kActor;
    if (given == "Target") return FindingRole::kTarget;
    if (!context_.is_guardduty) return FindingRole::kTarget;
    // GuardDuty's copies carry the instance that a key was issued to, and the key that touched a bucket.
    if (type_ == "AwsIamAccessKey") return context_.is_api_call ? FindingRole::kActor : FindingRole::kRelated;
    const bool is_about_key = finding_.resource_type == "AccessKey" || finding_.resource_type == "S3Bucket";
    if (type_ == "AwsEc2Instance" && is_about_key) return FindingRole::kRelated;
    return context_.resource_role == "ACTOR" ? FindingRole::kActor : FindingRole::kTarget;
  }

 private:
  const JsonNode* details(std::string_view type) const { return details_ == nullptr ? nullptr : details_->find(type); }

  std::string_view partition() const { return resource_.string_at("Partition"); }

  void set_user_name(std::string_view name) {
    if (finding_.user_name.empty()) finding_.user_name = without_nul(name);
  }

  void map_access_key() {
    const JsonNode* key = details("AwsIamAccessKey");
    const JsonNode* issuer = field(key, "sessionContext", "sessionIssuer");
    auto name = text_field(key, "principalName");
    if (name.empty()) name = text_field(key, "userName");
    if (name.empty()) name = text_field(issuer, "userName");
    auto account = text_field(key, "accountId");
    if (account.empty()) account = finding_.identity.account_id;
    auto key_id = text_field(key, "accessKeyId");
    if (key_id.empty()) key_id = bare_id(id_);
    if (key_id == "null") key_id = {};
    // Before PrincipalType there were only users.
    auto type = text_field(key, "principalType");
    if (type.empty() && !text_field(key, "userName").empty()) type = "IAMUser";
    add_caller({text_field(key, "principalId"), type, name, key_id, account, partition()}, role(), builder_);
    const auto issuer_arn = text_field(issuer, "arn");
    if (issuer_arn.starts_with("arn:")) builder_.add_resource(issuer_arn, {}, FindingRole::kRelated);
    set_user_name(name);
    builder_.add_fact("Access key", key_id);
    builder_.add_fact("User", name);
    builder_.add_fact("User type", type);
    builder_.add_fact("Principal ID", text_field(key, "principalId"));
    builder_.add_fact("Session issuer", issuer_arn);
  }

  void map_instance() {
    const JsonNode* instance = details("AwsEc2Instance");
    const auto name = text_field(resource_.find("Tags"), "name");
    const auto profile = text_field(instance, "iamInstanceProfileArn"), image = text_field(instance, "imageId");
    const auto vpc = text_field(instance, "vpcId"), subnet = text_field(instance, "subnetId");
    builder_.add_resource(
        id_, name, role(),
        {{"instance_type", text_field(instance, "type")}, {"launched_at", text_field(instance, "launchedAt")}});
    for (const auto related : {profile, image, vpc, subnet}) builder_.add_resource(related, {}, FindingRole::kRelated);
    for (const JsonNode& interface : items(field(instance, "networkInterfaces")))
      builder_.add_resource(text_field(&interface, "networkInterfaceId"), {}, FindingRole::kRelated);
    builder_.add_fact("Instance", last_part(id_));
    builder_.add_fact("Instance name", name);
    builder_.add_fact("Instance type", text_field(instance, "type"));
    builder_.add_fact("Image", image);
    builder_.add_fact("Instance profile", profile);
    builder_.add_fact("VPC", vpc);
    builder_.add_fact("Subnet", subnet);
    // Public and private addresses stand in one list; private ones must never be joined on.
    for (const JsonNode& address : items(field(instance, "ipV4Addresses")))
      builder_.add_fact("Instance IP", scalar_text(&address));
  }

  void map_iam_user() {
    const JsonNode* user = details("AwsIamUser");
    auto name = text_field(user, "userName").empty() ? last_part(id_) : text_field(user, "userName");
    auto id = text_field(user, "userId");
    // Security Hub writes arn:…:user/AIDA… where it knows no name.
    if (name.starts_with("AIDA")) id = std::exchange(name, {});
    builder_.add_entity(EntityKind::kPrincipal, id.empty() ? id_ : id, name, role());
    if (!name.empty()) builder_.add_resource(id_, name, FindingRole::kRelated);
    set_user_name(name);
    builder_.add_fact("User", name);
    builder_.add_fact("Principal ID", id);
  }

  void map_iam_role() {
    const JsonNode* iam_role = details("AwsIamRole");
    const auto id = text_field(iam_role, "roleId");
    const auto name = text_field(iam_role, "roleName").empty() ? last_part(id_) : text_field(iam_role, "roleName");
    builder_.add_entity(EntityKind::kPrincipal, id.empty() ? id_ : id, name, role());
    builder_.add_resource(id_, name, FindingRole::kRelated);
    builder_.add_fact("Role", name);
    builder_.add_fact("Principal ID", id);
  }

  void map_account() {
    const auto account = bare_id(id_);
    const bool known = schema::is_account_id(account);
    builder_.add_entity(known ? EntityKind::kAccount : EntityKind::kResource, account, {}, role());
    builder_.add_fact("Account", account);
  }

  void map_other() {
    const Attributes attributes{{"type", type_}, {"image", text_field(details("Container"), "imageName")}};
    const auto arn = parse_arn(id_);
    // Buckets have one key in every partition: the one that API events give them.
    if (type_ == "AwsS3Bucket" && arn && arn->service == "s3")
      builder_.add_entity(EntityKind::kResource, fmt::format("arn:aws:s3:::{}", arn->resource), arn->resource, role(),
                          attributes);
    else
      builder_.add_resource(id_, {}, role(), attributes);
    builder_.add_fact(label(), has_plain_name() ? last_part(id_) : id_);
    if (const JsonNode* lambda = details("AwsLambdaFunction")) {
      const auto execution_role = text_field(lambda, "role");
      builder_.add_entity(EntityKind::kPrincipal, execution_role, last_part(execution_role), FindingRole::kRelated);
      builder_.add_fact("Execution role", execution_role);
    }
  }

  // Whether people know it by the last part of its ARN.
  bool has_plain_name() const { return parse_arn(id_) && label() != "Resource" && label() != "Object"; }

  std::string_view label() const {
    if (type_ == "AwsS3Bucket") return "Bucket";
    if (type_ == "AwsS3Object") return "Object";
    if (type_ == "AwsLambdaFunction") return "Function";
    if (type_ == "AwsEksCluster" || type_ == "AwsEcsCluster" || type_ == "AwsRdsDbCluster") return "Cluster";
    if (type_ == "Container") return "Container";
    return "Resource";
  }

  const JsonNode& resource_;
  const AsffContext& context_;
  Finding& finding_;
  FindingBuilder& builder_;
  std::string_view type_, id_;
  const JsonNode* details_;
};

}  // namespace

void map_asff_resources(const JsonNode& record, const AsffContext& context, Finding& finding, FindingBuilder& builder) {
  // Who did it is read first, wherever it stands in the list.
  for (const bool actors : {true, false}) {
    for (const JsonNode& resource : items(record.find("Resources"))) {
      AsffResource mapper(resource, context, finding, builder);
      if ((mapper.role() == FindingRole::kActor) == actors) mapper.map();
    }
  }
}

bool has_placeholder_resource(const JsonNode& record) {
  for (const JsonNode& resource : items(record.find("Resources"))) {
    const auto type = resource.string_at("Type"), id = resource.string_at("Id");
    if (type == "AwsEc2Instance" && is_placeholder_id(last_part(id))) return true;
    if (type != "AwsIamAccessKey") continue;
    if (is_placeholder_id(bare_id(id))) return true;
    const JsonNode* details = resource.at("Details", "AwsIamAccessKey");
    if (is_placeholder_id(text_field(details, "principalId"))) return true;
  }
  return false;
}

}  // namespace backtrail::ingest
