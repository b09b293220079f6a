#include "query/findings/finding_lanes.hpp"

#include <algorithm>
#include <string_view>

namespace backtrail::query {
namespace {

using schema::Entity;
using schema::EntityKind;
using schema::FindingRole;
using Mentions = std::vector<const MentionedEntity*>;

std::int64_t floor_second(std::int64_t us) {
  return us - us % schema::kMicrosPerSecond;
}
std::int64_t ceil_second(std::int64_t us) {
  return floor_second(us + schema::kMicrosPerSecond - 1);
}

// "This access key", and "Access key AKIA…" for those that follow.
class LaneList {
 public:
  void add(std::string_view noun, const Entity& entity, bool by, bool on) { add(noun, "", entity, by, on); }
  // `first` is the label of the first lane with that noun.
  void add(std::string_view noun, std::string_view first, const Entity& entity, bool by, bool on) {
    if (lanes_.size() == kLanesMax || has(entity)) return;
    std::string label;
    if (std::find(nouns_.begin(), nouns_.end(), noun) == nouns_.end()) {
      label = first.empty() ? "This " + std::string(noun) : std::string(first);
      nouns_.emplace_back(noun);
    } else {
      label = noun;
      if (label.front() >= 'a' && label.front() <= 'z') label.front() = static_cast<char>(label.front() - 'a' + 'A');
      label += " " + (entity.name.empty() ? entity.key : entity.name);
    }
    lanes_.push_back({std::move(label), entity, by, on});
  }
  std::vector<Lane> take() { return std::move(lanes_); }

 private:
  bool has(const Entity& entity) const {
    return std::any_of(lanes_.begin(), lanes_.end(), [&](const Lane& lane) {
      return lane.entity.kind == entity.kind && lane.entity.key == entity.key;
    });
  }

  std::vector<Lane> lanes_;
  std::vector<std::string> nouns_;
};

bool is_role(const Entity& principal) {
  return principal.key.starts_with("AROA") || principal.key.find(":role/") != std::string::npos;
}

std::string_view session_name(const Entity& session) {
  const auto colon = session.key.find(':');
  return colon == std::string::npos ? std::string_view{} : std::string_view(session.key).substr(colon + 1);
}

std::string_view noun_of_resource(const std::string& key) {
  const auto has = [&](std::string_view part) { return key.find(part) != std::string::npos; };
  if (key.starts_with("arn:aws:s3:::")) return key.find('/') == std::string::npos ? "bucket" : "object";
  if (has(":lambda:")) return "function";
  if (has(":eks:") || has(":ecs:")) return has(":task/") ? "task" : "cluster";
  if (has(":rds:")) return "database";
  if (has(":iam:")) return has(":role/") ? "role" : has(":user/") ? "user" : "IAM resource";
  return "resource";
}

void add_principal(const Entity& principal, LaneList& lanes) {
  if (is_role(principal))
    lanes.add("role", "The whole role", principal, true, true);
  else if (principal.key.ends_with(":root"))
    lanes.add("root user", principal, true, true);
  else if (principal.key.starts_with("service:"))
    lanes.add("service", principal, true, false);
  else
    lanes.add("user", principal, true, true);
}

// A key's user, or a session with the instance behind it, its key and its role. The exact session comes before
// everything that it shares with others: an instance's credentials used elsewhere are told apart by it.
void add_actors(const Mentions& actors, LaneList& lanes) {
  const auto each = [&](EntityKind kind, auto&& add) {
    for (const auto* actor : actors)
      if (actor->entity.kind == kind) add(actor->entity);
  };
  each(EntityKind::kRoleSession, [&](const Entity& session) { lanes.add("session", session, true, true); });
  each(EntityKind::kRoleSession, [&](const Entity& session) {
    const auto name = session_name(session);
    if (schema::is_instance_id(name)) lanes.add("instance", {EntityKind::kInstance, std::string(name), {}}, true, true);
  });
  each(EntityKind::kInstance, [&](const Entity& instance) { lanes.add("instance", instance, true, true); });
  each(EntityKind::kAccessKey, [&](const Entity& key) { lanes.add("access key", key, true, true); });
  each(EntityKind::kPrincipal, [&](const Entity& principal) { add_principal(principal, lanes); });
  each(EntityKind::kResource,
       [&](const Entity& resource) { lanes.add(noun_of_resource(resource.key), resource, false, true); });
}

void add_targets(const Mentions& targets, LaneList& lanes) {
  for (const auto* target : targets) {
    const Entity& entity = target->entity;
    switch (entity.kind) {
      case EntityKind::kInstance:
        lanes.add("instance", entity, true, true);
        break;
      case EntityKind::kAccessKey:
        lanes.add("access key", entity, true, true);
        break;
      case EntityKind::kPrincipal:
        add_principal(entity, lanes);
        break;
      case EntityKind::kRoleSession:
        lanes.add("session", entity, true, true);
        break;
      case EntityKind::kResource:
        lanes.add(noun_of_resource(entity.key), entity, false, true);
        break;
      // A setting of the account as a whole: everything that happened there.
      case EntityKind::kAccount:
        lanes.add("account", entity, true, true);
        break;
      case EntityKind::kIpAddress:
      case EntityKind::kUserAgent:
        break;
    }
  }
}

// Calls that change a user or role name it, not its id: its ARN is a lane of its own.
void add_identity_resources(const Mentions& related, LaneList& lanes) {
  for (const auto* mention : related) {
    const std::string& key = mention->entity.key;
    if (mention->entity.kind != EntityKind::kResource || key.find(":iam::") == std::string::npos) continue;
    if (key.find(":user/") != std::string::npos)
      lanes.add("changes to", "Changes to the user", mention->entity, false, true);
    else if (key.find(":role/") != std::string::npos)
      lanes.add("changes to", "Changes to the role", mention->entity, false, true);
  }
}

void add_remotes(Mentions remotes, LaneList& lanes) {
  std::stable_sort(remotes.begin(), remotes.end(),
                   [](const auto* a, const auto* b) { return a->last_seen_us > b->last_seen_us; });
  std::size_t added = 0;
  for (const auto* remote : remotes)
    if (remote->entity.kind == EntityKind::kIpAddress && added++ < kRemoteLanesMax)
      lanes.add("remote IP", remote->entity, true, false);
}

}  // namespace

std::vector<Lane> lanes_of(const std::string& resource_type, const std::string& type_purpose,
                           const std::vector<MentionedEntity>& entities) {
  Mentions actors, targets, remotes, related;
  for (const auto& one : entities) {
    switch (one.role) {
      case FindingRole::kActor:
        actors.push_back(&one);
        break;
      case FindingRole::kTarget:
        targets.push_back(&one);
        break;
      case FindingRole::kRemote:
        remotes.push_back(&one);
        break;
      case FindingRole::kRelated:
        related.push_back(&one);
        break;
    }
  }
  LaneList lanes;
  // A finding about an instance is about what it did and what was done to it, whoever else is named.
  const bool sequence = type_purpose == "AttackSequence";
  if (resource_type == "Instance" && !sequence) add_targets(targets, lanes);
  add_actors(actors, lanes);
  add_targets(targets, lanes);
  add_remotes(remotes, lanes);
  add_identity_resources(related, lanes);
  return lanes.take();
}

schema::TimeRange window_of(std::int64_t first_seen_us, std::int64_t last_seen_us) {
  return {floor_second(first_seen_us), floor_second(last_seen_us) + schema::kMicrosPerSecond};
}

schema::TimeRange scope_of(std::int64_t first_seen_us, std::int64_t last_seen_us, std::int64_t now_us) {
  const auto window = window_of(first_seen_us, last_seen_us);
  schema::TimeRange scope;
  // A finding whose clock runs ahead of ours keeps its own window.
  scope.to_us = std::max(ceil_second(std::min(now_us, last_seen_us + kScopeAfterUs)), window.to_us);
  scope.from_us = floor_second(std::max(first_seen_us - kScopeBeforeUs, std::int64_t{0}));
  if (scope.to_us - scope.from_us > kScopeMaxUs)
    scope.from_us = std::min(scope.to_us - schema::kMicrosPerDay,
                             floor_second(std::max(last_seen_us - kScopeBeforeUs, std::int64_t{0})));
  return scope;
}

std::optional<std::string> account_of(const Entity& entity) {
  if (entity.kind == EntityKind::kAccount) return entity.key;
  std::string_view rest = entity.key;
  if (rest.ends_with(":root") && schema::is_account_id(rest.substr(0, rest.size() - 5)))
    return std::string(rest.substr(0, rest.size() - 5));
  if (rest.starts_with("account:") && schema::is_account_id(rest.substr(8))) return std::string(rest.substr(8));
  if (!rest.starts_with("arn:")) return std::nullopt;
  // arn:partition:service:region:account:resource
  for (int part = 0; part < 4; ++part) {
    const auto colon = rest.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(colon + 1);
  }
  const auto account = rest.substr(0, rest.find(':'));
  if (!schema::is_account_id(account)) return std::nullopt;
  return std::string(account);
}

}  // namespace backtrail::query
