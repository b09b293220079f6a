#include "ingest/map/guardduty_entities.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>

#include "ingest/map/arn.hpp"
#include "ingest/map/finding_caller.hpp"
#include "ingest/map/guardduty_kubernetes.hpp"
#include "ingest/map/json_field.hpp"

namespace backtrail::ingest {
namespace {

using schema::EntityKind;
using schema::Finding;
using schema::FindingRole;
using schema::JsonNode;

// One pass over one `resource`.
class ResourceMapper {
 public:
  ResourceMapper(const JsonNode* resource, const ResourceContext& context, Finding& finding, FindingBuilder& builder)
      : resource_(resource), context_(context), finding_(finding), builder_(builder) {}

  void map() {
    map_access_key();
    map_instance();
    map_buckets();
    map_eks_cluster();
    map_ecs_cluster();
    map_container();
    map_lambda();
    map_rds();
    map_backup_resources();
    map_scanned_volumes();
    map_bedrock();
  }

 private:
  template <class... Names>
  std::string_view text(std::string_view block, Names... names) const {
    return text_field(resource_, block, names...);
  }

  // The role of a block whose findings have one of the given resource types. A finding that names no type (trimmed by
  // hand) is about whatever it carries.
  FindingRole role_of(std::initializer_list<std::string_view> resource_types) const {
    const bool is_primary = context_.resource_type.empty() || std::find(resource_types.begin(), resource_types.end(),
                                                                        context_.resource_type) != resource_types.end();
    if (!is_primary) return FindingRole::kRelated;
    return context_.resource_role == "ACTOR" ? FindingRole::kActor : FindingRole::kTarget;
  }

  void set_user_name(std::string_view name) {
    if (finding_.user_name.empty()) finding_.user_name = without_nul(name);
  }

  std::string arn(std::string_view service, std::string_view resource_kind, std::string_view name) const {
    if (name.empty()) return {};
    return fmt::format("arn:{}:{}:{}:{}:{}:{}", context_.partition.empty() ? "aws" : context_.partition, service,
                       finding_.region, finding_.identity.account_id, resource_kind, name);
  }

  void map_access_key() {
    const JsonNode* key = field(resource_, "accessKeyDetails");
    if (key == nullptr) return;
    const Caller caller{text_field(key, "principalId"), text_field(key, "userType"),  text_field(key, "userName"),
                        text_field(key, "accessKeyId"), finding_.identity.account_id, context_.partition};
    const bool acts =
        context_.is_api_call || context_.resource_type == "AccessKey" || context_.resource_type.starts_with("S3");
    add_caller(caller, acts ? FindingRole::kActor : FindingRole::kRelated, builder_);
    set_user_name(caller.user_name);
    builder_.add_fact("Access key", caller.access_key_id);
    builder_.add_fact("User", caller.user_name);
    builder_.add_fact("User type", caller.user_type);
    builder_.add_fact("Principal ID", caller.principal_id);
  }

  std::string_view name_tag(const JsonNode* tags) const {
    for (const JsonNode& tag : items(tags))
      if (text_field(&tag, "key") == "Name") return text_field(&tag, "value");
    return {};
  }

  void map_instance() {
    const JsonNode* instance = field(resource_, "instanceDetails");
    if (instance == nullptr) return;
    const auto id = text_field(instance, "instanceId"), name = name_tag(field(instance, "tags"));
    const auto image = text_field(instance, "imageId");
    const auto profile = text_field(instance, "iamInstanceProfile", "arn");
    builder_.add_entity(id.starts_with("i-") ? EntityKind::kInstance : EntityKind::kResource, id, name,
                        role_of({"Instance"}),
                        {{"instance_type", text_field(instance, "instanceType")},
                         {"availability_zone", text_field(instance, "availabilityZone")},
                         {"launched_at", text_field(instance, "launchTime")}});
    builder_.add_resource(profile, {}, FindingRole::kRelated);
    builder_.add_resource(image, {}, FindingRole::kRelated);
    builder_.add_fact("Instance", id);
    builder_.add_fact("Instance name", name);
    builder_.add_fact("Instance type", text_field(instance, "instanceType"));
    builder_.add_fact("Instance state", text_field(instance, "instanceState"));
    builder_.add_fact("Image", image);
    builder_.add_fact("Instance profile", profile);
    map_network_interfaces(field(instance, "networkInterfaces"), builder_);
  }

  void map_buckets() {
    for (const JsonNode& bucket : items(field(resource_, "s3BucketDetails"))) {
      const auto bucket_arn = text_field(&bucket, "arn");
      const auto name = text_field(&bucket, "name").empty() ? last_part(bucket_arn) : text_field(&bucket, "name");
      if (name.empty()) continue;
      const auto role = role_of({"S3Bucket", "S3Object"});
      builder_.add_entity(EntityKind::kResource, fmt::format("arn:aws:s3:::{}", name), name, role,
                          {{"public_access", text_field(&bucket, "publicAccess", "effectivePermission")}});
      builder_.add_fact("Bucket", name);
      builder_.add_fact("Bucket access", text_field(&bucket, "publicAccess", "effectivePermission"));
      for (const JsonNode& object : items(field(&bucket, "s3ObjectDetails"))) map_object(object, name);
    }
  }

  void map_object(const JsonNode& object, std::string_view bucket_name) {
    const auto key = text_field(&object, "key");
    const std::string made_arn = key.empty() ? std::string{} : fmt::format("arn:aws:s3:::{}/{}", bucket_name, key);
    const auto object_arn = text_field(&object, "objectArn");
    builder_.add_entity(EntityKind::kResource, object_arn.empty() ? made_arn : object_arn, key, role_of({"S3Object"}),
                        {{"hash", text_field(&object, "hash")},
                         {"etag", text_field(&object, "eTag")},
                         {"version_id", text_field(&object, "versionId")}});
    builder_.add_fact("Object", key.empty() ? object_arn : key);
    builder_.add_fact("Object hash", text_field(&object, "hash"));
  }

  void map_eks_cluster() {
    const auto cluster_arn = text("eksClusterDetails", "arn"), name = text("eksClusterDetails", "name");
    const KubernetesContext kubernetes{cluster_arn, finding_.identity.account_id};
    const JsonNode* details = field(resource_, "kubernetesDetails");
    // A call to the cluster's API is made by the Kubernetes user; in runtime findings nobody called.
    set_user_name(map_kubernetes_user(field(details, "kubernetesUserDetails"), kubernetes, builder_));
    builder_.add_fact("Cluster", name.empty() ? last_part(cluster_arn) : name);
    builder_.add_fact("Cluster VPC", text("eksClusterDetails", "vpcId"));
    builder_.add_resource(cluster_arn, name, role_of({"EKSCluster", "KubernetesCluster"}));
    builder_.add_resource(text("eksClusterDetails", "vpcId"), {}, FindingRole::kRelated);
    map_kubernetes_workload(field(details, "kubernetesWorkloadDetails"), kubernetes, builder_);
  }

  void map_ecs_cluster() {
    const JsonNode* cluster = field(resource_, "ecsClusterDetails");
    if (cluster == nullptr) return;
    const auto cluster_arn = text_field(cluster, "arn"), name = text_field(cluster, "name");
    const JsonNode* task = field(cluster, "taskDetails");
    builder_.add_resource(cluster_arn, name, role_of({"ECSCluster"}));
    builder_.add_resource(text_field(task, "arn"), {}, FindingRole::kRelated,
                          {{"group", text_field(task, "group")}, {"started_by", text_field(task, "startedBy")}});
    builder_.add_resource(text_field(task, "definitionArn"), {}, FindingRole::kRelated);
    builder_.add_fact("Cluster", name.empty() ? last_part(cluster_arn) : name);
    builder_.add_fact("Task", text_field(task, "arn"));
    builder_.add_fact("Task definition", text_field(task, "definitionArn"));
    builder_.add_fact("Launch type", text_field(task, "launchType"));
    for (const JsonNode& container : items(field(task, "containers")))
      map_container_block(&container, FindingRole::kRelated, builder_);
  }

  void map_container() { map_container_block(field(resource_, "containerDetails"), role_of({"Container"}), builder_); }

  void map_lambda() {
    const JsonNode* lambda = field(resource_, "lambdaDetails");
    if (lambda == nullptr) return;
    const auto function_arn = text_field(lambda, "functionArn"), name = text_field(lambda, "functionName");
    const auto role = role_of({"Lambda", "LambdaFunction"});
    const auto execution_role = text_field(lambda, "role");
    builder_.add_resource(function_arn.empty() ? arn("lambda", "function", name) : function_arn, name, role,
                          {{"version", text_field(lambda, "functionVersion")}});
    // What the function does it does as its role; the finding gives the role's ARN, never its AROA… id.
    builder_.add_entity(EntityKind::kPrincipal, execution_role, last_part(execution_role),
                        role == FindingRole::kActor ? FindingRole::kActor : FindingRole::kRelated);
    builder_.add_fact("Function", name.empty() ? function_arn : name);
    builder_.add_fact("Function version", text_field(lambda, "functionVersion"));
    builder_.add_fact("Execution role", execution_role);
    const JsonNode* network = field(lambda, "vpcConfig");
    builder_.add_fact("VPC", text_field(network, "vpcId"));
    builder_.add_resource(text_field(network, "vpcId"), {}, FindingRole::kRelated);
    for (const JsonNode& subnet : items(field(network, "subnetIds"))) {
      builder_.add_fact("Subnet", scalar_text(&subnet));
      builder_.add_resource(scalar_text(&subnet), {}, FindingRole::kRelated);
    }
    for (const JsonNode& group : items(field(network, "securityGroups")))
      builder_.add_resource(text_field(&group, "groupId"), text_field(&group, "groupName"), FindingRole::kRelated);
  }

  void map_rds() {
    map_database("rdsDbInstanceDetails", "dbInstanceArn", "dbInstanceIdentifier", "db");
    map_database("rdsLimitlessDbDetails", "dbShardGroupArn", "dbShardGroupIdentifier", "shard-group");
    const JsonNode* user = field(resource_, "rdsDbUserDetails");
    set_user_name(text_field(user, "user"));
    builder_.add_fact("Database user", text_field(user, "user"));
    builder_.add_fact("Database", text_field(user, "database"));
    builder_.add_fact("Database application", text_field(user, "application"));
    builder_.add_fact("Authentication", text_field(user, "authMethod"));
    builder_.add_fact("TLS", text_field(user, "ssl"));
  }

  void map_database(std::string_view block, std::string_view arn_name, std::string_view id_name,
                    std::string_view arn_kind) {
    const JsonNode* database = field(resource_, block);
    if (database == nullptr) return;
    const auto id = text_field(database, id_name), cluster = text_field(database, "dbClusterIdentifier");
    const auto given_arn = text_field(database, arn_name);
    builder_.add_resource(given_arn.empty() ? arn("rds", arn_kind, id) : given_arn, id,
                          role_of({"RDSDBInstance", "RDSLimitlessDB", "RDSLimitlessDBShardGroup"}),
                          {{"engine", text_field(database, "engine")}});
    builder_.add_resource(arn("rds", "cluster", cluster), cluster, FindingRole::kRelated);
    builder_.add_fact("Database instance", id);
    builder_.add_fact("Database cluster", cluster);
    builder_.add_fact("Engine", text_field(database, "engine"));
    builder_.add_fact("Engine version", text_field(database, "engineVersion"));
  }

  // What malware scans of backups are about. The names of these resource types vary; each block is its own target.
  void map_backup_resources() {
    for (const auto& [block, name, label] :
         {std::tuple{"ebsSnapshotDetails", "snapshotArn", "Snapshot"},
          std::tuple{"ec2ImageDetails", "imageArn", "Image"},
          std::tuple{"recoveryPointDetails", "recoveryPointArn", "Recovery point"}}) {
      builder_.add_resource(text(block, name), {}, FindingRole::kTarget);
      builder_.add_fact(label, text(block, name));
    }
    builder_.add_fact("Backup vault", text("recoveryPointDetails", "backupVaultName"));
  }

  // The snapshots in this block are GuardDuty's own copies, made for the scan: no thing of ours.
  void map_scanned_volumes() {
    for (const std::string_view list : {"scannedVolumeDetails", "skippedVolumeDetails"}) {
      for (const JsonNode& volume : items(field(resource_, "ebsVolumeDetails", list))) {
        builder_.add_resource(
            text_field(&volume, "volumeArn"), {}, FindingRole::kRelated,
            {{"device", text_field(&volume, "deviceName")}, {"encryption", text_field(&volume, "encryptionType")}});
        builder_.add_fact(list == "scannedVolumeDetails" ? "Scanned volume" : "Skipped volume",
                          text_field(&volume, "volumeArn"));
      }
    }
  }

  void map_bedrock() {
    const auto guardrail = text("bedrockGuardrailDetails", "guardrailArn");
    builder_.add_resource(guardrail, {}, FindingRole::kRelated);
    builder_.add_fact("Guardrail", guardrail);
    builder_.add_fact("Guardrail action", text("bedrockGuardrailDetails", "guardrailAction"));
    for (const JsonNode& model : items(field(resource_, "modelDetails"))) {
      builder_.add_resource(text_field(&model, "modelId"), {}, FindingRole::kTarget);
      builder_.add_fact("Model", text_field(&model, "modelId"));
    }
  }

  const JsonNode* resource_;
  const ResourceContext& context_;
  Finding& finding_;
  FindingBuilder& builder_;
};

}  // namespace

void map_network_interfaces(const JsonNode* interfaces, FindingBuilder& builder) {
  for (const JsonNode& interface : items(interfaces)) {
    const auto id = text_field(&interface, "networkInterfaceId"), public_ip = text_field(&interface, "publicIp");
    const auto vpc = text_field(&interface, "vpcId"), subnet = text_field(&interface, "subnetId");
    const auto private_ip = text_field(&interface, "privateIpAddress");
    builder.add_resource(id, {}, FindingRole::kRelated, {{"private_ip", private_ip}, {"public_ip", public_ip}});
    builder.add_resource(vpc, {}, FindingRole::kRelated);
    builder.add_resource(subnet, {}, FindingRole::kRelated);
    // Private addresses mean something only inside their VPC: facts, never entities to join on.
    if (schema::is_ip_address(public_ip))
      builder.add_entity(EntityKind::kIpAddress, public_ip, {}, FindingRole::kRelated);
    builder.add_fact("Network interface", id);
    builder.add_fact("VPC", vpc);
    builder.add_fact("Subnet", subnet);
    builder.add_fact("Public IP", public_ip);
    builder.add_fact("Private IP", private_ip);
    for (const JsonNode& group : items(field(&interface, "securityGroups"))) {
      const auto group_id = text_field(&group, "groupId"), group_name = text_field(&group, "groupName");
      builder.add_resource(group_id, group_name, FindingRole::kRelated);
      builder.add_fact("Security groups",
                       group_name.empty() ? std::string(group_id) : fmt::format("{} ({})", group_id, group_name));
    }
  }
}

void map_guardduty_resource(const JsonNode* resource, const ResourceContext& context, Finding& finding,
                            FindingBuilder& builder) {
  if (resource != nullptr) ResourceMapper(resource, context, finding, builder).map();
}

}  // namespace backtrail::ingest
