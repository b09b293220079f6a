// What the stories are told with: single calls at exact times, paced streams of calls, findings, and the truth.
//
// Single calls are rendered at once and kept as text (some hundreds). A stream is a formula: how many calls by whom
// over which time; the events of any unit can be planned from it without the others, so a hundred thousand backup
// reads cost no memory. Filled by the stories when the sample begins; after that only the truth changes.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/sample/catalogue.hpp"
#include "ingest/sample/event_writer.hpp"
#include "ingest/sample/identity.hpp"
#include "ingest/sample/organisation.hpp"
#include "ingest/sample/plan.hpp"
#include "ingest/sample/truth.hpp"

namespace backtrail::ingest::sample {

using Json = nlohmann::ordered_json;

// Who calls, from where. Owns its texts, unlike Caller.
struct Actor {
  std::string identity, arn, ip, agent, endpoint;
  bool console = false;
  bool by_service = false;
};

Actor user_actor(std::string_view account_id, const User& user, std::string_view key, std::string_view ip,
                 std::string_view agent);
Actor session_actor(const RoleSession& session, std::string_view ip, std::string_view agent);
Actor service_actor(std::string_view service);
// How an account sees a caller that comes from another one.
Actor foreign_actor(std::string_view account_id, std::string_view principal_id, std::string_view ip,
                    std::string_view agent);

// One call at one moment. Empty texts leave the catalogue's templates in place.
struct Call {
  std::string_view api;
  int account = 0;
  int region = 0;
  std::int64_t seconds = 0;
  std::string request = {};
  std::string response = {};
  std::string resources = {};
  std::string error_code = {};
  std::string error_message = {};
  const Role* role = nullptr;     // that is assumed
  std::string session = {};       // the name it is assumed under
  std::uint64_t issued_seed = 0;  // the key that is issued
  const Instance* instance = nullptr;
  std::uint64_t shared_seed = 0;  // the same on both sides of a cross-account call
  std::int64_t delivered = 0;     // when the event arrives, if it is late
  bool denied = false;
};

struct FixedEvent {
  int account = 0;
  int region = 0;
  std::int64_t order = 0;  // when it is delivered, about
  std::string text;
};

// Events that follow from a formula.
class Stream {
 public:
  virtual ~Stream() = default;
  [[nodiscard]] virtual std::uint64_t total() const = 0;
  virtual void plan(Plan& plan) const = 0;
};

// `count` calls in bursts of `per_burst`, the bursts evenly spread over [from, to).
struct Paced {
  int account = 0;
  int region = 0;
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::uint64_t count = 0;
  std::uint32_t per_burst = 1;
  std::uint32_t calls_per_second = 1;
  int group = kNoGroup;
  unsigned denied_per_mille = 0;
  std::vector<ApiIndex> calls = {};
  // The caller of a burst that begins at this second; its group and seed are set by the stream.
  std::function<Burst(Plan&, std::int64_t)> caller = {};
};

// One state of a finding, as it is exported.
struct FindingVersion {
  int account = 0;
  int region = 0;
  std::int64_t updated = 0;
  std::string text;
};

class StoryBook {
 public:
  StoryBook(const Organisation& organisation, const Catalogue& catalogue, std::uint64_t events, std::int64_t start,
            std::int64_t end);

  [[nodiscard]] const Organisation& organisation() const { return organisation_; }
  [[nodiscard]] const Account& account(int index) const { return organisation_.account(index); }
  [[nodiscard]] std::int64_t start() const { return start_; }
  [[nodiscard]] std::int64_t end() const { return end_; }
  // The beginning of the time in which the stories happen; before it their streams are sparse.
  [[nodiscard]] std::int64_t dense_from() const { return end_ - 36 * kHour; }
  [[nodiscard]] std::uint64_t seed(std::string_view of) const {
    return mix(organisation_.seed(), tag("story"), tag(of));
  }
  [[nodiscard]] std::uint64_t seed(std::string_view of, std::uint64_t number) const { return mix(seed(of), number); }
  [[nodiscard]] std::vector<ApiIndex> calls(std::initializer_list<std::string_view> names) const;

  // `full` events in a sample of `full_at` events or more; in a smaller one in proportion, but at least `least`.
  [[nodiscard]] std::uint64_t scaled(std::uint64_t full, std::uint64_t least, std::uint64_t full_at = 1'000'000) const;
  // A stream's history before the dense time: at most `full`, and at most this share of the sample.
  [[nodiscard]] std::uint64_t history(std::uint64_t full, std::uint64_t one_in) const;

  // Renders the call and puts it into the group. Returns its eventID.
  Uuid call(int group, const Actor& actor, const Call& call);
  // A stream of `paced.count` events; nothing when the count is 0 or the time is empty.
  void stream(Paced paced);
  void stream(std::unique_ptr<Stream> stream);

  // Adds one state of a finding. The JSON must carry accountId, region, id and updatedAt.
  void finding(int account, int region, std::int64_t updated, const Json& finding);

  Truth& truth() { return truth_; }
  [[nodiscard]] const Truth& truth() const { return truth_; }
  Json& document() { return document_; }
  [[nodiscard]] const Json& document() const { return document_; }
  [[nodiscard]] const std::vector<FindingVersion>& findings() const { return findings_; }
  [[nodiscard]] const FixedEvent& fixed(std::uint32_t index) const { return fixed_[index]; }

  // All events of the stories, and those of one unit.
  [[nodiscard]] std::uint64_t total() const;
  void plan(Plan& plan) const;

 private:
  const Organisation& organisation_;
  const Catalogue& catalogue_;
  std::uint64_t events_;
  std::int64_t start_;
  std::int64_t end_;
  std::vector<FixedEvent> fixed_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<FindingVersion> findings_;
  Truth truth_;
  Json document_ = Json::object();
};

// A burst of this actor's, for a stream's caller function.
Burst actor_burst(Plan& plan, const Actor& actor);

}  // namespace backtrail::ingest::sample
