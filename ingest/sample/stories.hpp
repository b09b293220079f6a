// The five stories, the travelling administrator, and the findings that mean little.
//
// Each function puts its calls, streams and findings into the book, and what is true about them into
// book.document(): under "stories" an object with title, findings, entities, and "complete": for each entity the
// field of the event that names it, its value, and the groups which together hold every such event of the tree.
#pragma once
#include "ingest/sample/findings.hpp"
#include "ingest/sample/story_book.hpp"

namespace backtrail::ingest::sample {

void tell_leaked_key(StoryBook& book);                   // 1
void tell_stolen_instance_credentials(StoryBook& book);  // 2
void tell_mining_instance(StoryBook& book);              // 3
void tell_role_hops(StoryBook& book);                    // 4
void tell_object_theft(StoryBook& book);                 // 5
void tell_travelling_administrator(StoryBook& book);     // a false positive
void add_other_findings(StoryBook& book);  // port probes, low and varied findings, GuardDuty's own samples

// Story numbers of the truth's groups; the administrator's follow the five.
inline constexpr int kTravelStory = 6;

// Adds one story to the document.
void add_story(StoryBook& book, int number, std::string_view name, std::string_view title,
               const std::vector<FindingRef>& findings, Json entities, Json complete);
// One entry of "complete".
Json every_event_with(std::string_view field, std::string_view value, std::vector<std::string> groups);

// Somebody of the security team who answers, in a console session in this account.
Actor analyst(const StoryBook& book, int account, std::int64_t seconds);
// The role that the automatic response uses in an account, run by a function.
Actor responder(const StoryBook& book, int account, std::int64_t seconds, std::string_view function);

// The history of a credential that rotates: which key is in force at a time.
struct Rotation {
  std::uint64_t seed = 0;
  std::int64_t life_s = 6 * kHour;
  [[nodiscard]] std::int64_t issued_at(std::int64_t when) const;
  [[nodiscard]] std::uint64_t key_seed(std::int64_t when) const;
};

// The agent of Systems Manager on an instance, with the key in force at `when`.
Actor instance_actor(const StoryBook& book, int account, int region, const Instance& instance, const Role& role,
                     std::uint64_t key_seed, std::int64_t issued, std::string_view agent);
inline constexpr std::string_view kSsmAgent = "aws-sdk-go/1.50.36 (go1.21.9; linux; amd64) amazon-ssm-agent/3.3.380.0";

}  // namespace backtrail::ingest::sample
