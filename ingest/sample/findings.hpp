// GuardDuty findings in the native form that EventBridge and the S3 export carry (lowerCamel).
//
// A finding is published as a list of states: each is a complete copy with its own updatedAt, count and window, as
// GuardDuty exports one every time that it sees more of the same.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/sample/story_book.hpp"

namespace backtrail::ingest::sample {

struct FindingSpec {
  int account = 0;
  int region = 0;
  std::uint64_t seed = 0;
  std::string type;
  std::string title;
  std::string description;
  double severity = 2;
  Json resource;                        // with resourceType
  Json action = nullptr;                // null: none, as in attack sequences
  Json additional = Json::object();     // service.additionalInfo
  Json service_extra = Json::object();  // evidence, detection, featureName, …
  std::string attack_sequence = {};     // associatedAttackSequenceArn
  bool archived = false;
};

struct FindingState {
  std::int64_t updated = 0;
  std::int64_t first_seen = 0;
  std::int64_t last_seen = 0;
  int count = 1;
  std::function<void(Json&)> change = {};  // what else differs, such as the remote address
};

struct FindingRef {
  std::string id;
  std::string arn;
  Json json;  // for stories.json: id, account, Region, type, severity, states, window, calls
};

// The finding's id, which its seed determines, and its ARN. Known before it is published.
std::string finding_id(const FindingSpec& spec);
std::string finding_arn(const StoryBook& book, const FindingSpec& spec);

// `calls` are the eventIDs that the finding is about; its windows must cover them.
FindingRef publish(StoryBook& book, const FindingSpec& spec, const std::vector<FindingState>& states,
                   const std::vector<Uuid>& calls = {});

// Parts.
Json remote_ip(std::string_view address);
Json remote_endpoint(std::string_view address);  // as an attack sequence describes it
Json access_key_details(std::string_view key, std::string_view principal, std::string_view user, std::string_view type);
Json instance_details(const StoryBook& book, int account, const Instance& instance, const Role& role,
                      std::string_view public_ip);
Json bucket_details(std::string_view bucket, const Account& account, std::int64_t created);
Json api_call_action(std::string_view api, std::string_view service, std::string_view address,
                     std::string_view error_code = {}, std::string_view agent = {});
Json connection_action(std::string_view address, int remote_port, std::string_view local_address, int local_port,
                       std::string_view direction);
Json threat_list_evidence(std::string_view list);

}  // namespace backtrail::ingest::sample
