#include "ingest/sample/stories.hpp"

namespace backtrail::ingest::sample {

void add_story(StoryBook& book, int number, std::string_view name, std::string_view title,
               const std::vector<FindingRef>& findings, Json entities, Json complete) {
  Json story = {
      {"number", number}, {"name", std::string(name)}, {"title", std::string(title)}, {"findings", Json::array()}};
  for (const FindingRef& finding : findings) story["findings"].push_back(finding.json);
  story["entities"] = std::move(entities);
  story["complete"] = std::move(complete);
  book.document()["stories"].push_back(std::move(story));
}

Json every_event_with(std::string_view field, std::string_view value, std::vector<std::string> groups) {
  return {{"field", std::string(field)}, {"value", std::string(value)}, {"groups", std::move(groups)}};
}

Actor analyst(const StoryBook& book, int account, std::int64_t seconds) {
  const Account& in = book.account(account);
  const Role& role = in.roles[kRoleSsoAnalyst];
  const std::int64_t signed_in = floor_to(seconds, 4 * kHour);
  const std::string key =
      temporary_key_id(mix(book.seed("analyst"), tag(in.id), static_cast<std::uint64_t>(signed_in)));
  RoleSession session{in.id, &role, "ingrid.solberg@example.com", key, signed_in, true};
  Actor actor =
      session_actor(session, "192.0.2.18", "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0");
  actor.console = true;
  return actor;
}

Actor responder(const StoryBook& book, int account, std::int64_t seconds, std::string_view function) {
  const Account& in = book.account(account);
  const Role role = make_role(mix(book.seed("responder"), tag(in.id)), in.id, "AutomatedResponseRole", "/security/");
  const std::int64_t issued = floor_to(seconds, 2 * kHour);
  const std::string key =
      temporary_key_id(mix(book.seed("responder key"), tag(in.id), static_cast<std::uint64_t>(issued)));
  const RoleSession session{in.id, &role, function, key, issued};
  return session_actor(session, in.gateway_ips[kUsWest2],
                       "Boto3/1.34.84 md/Botocore#1.34.84 ua/2.0 os/linux#5.10.213-220.855.amzn2.x86_64 md/arch#x86_64 "
                       "lang/python#3.12.2 md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 Botocore/1.34.84");
}

std::int64_t Rotation::issued_at(std::int64_t when) const {
  const auto phase = static_cast<std::int64_t>(mix(seed, 1) % static_cast<std::uint64_t>(life_s));
  return floor_to(when - phase, life_s) + phase;
}

std::uint64_t Rotation::key_seed(std::int64_t when) const {
  return mix(seed, tag("key"), static_cast<std::uint64_t>(issued_at(when)));
}

Actor instance_actor(const StoryBook& book, int account, int region, const Instance& instance, const Role& role,
                     std::uint64_t key_seed, std::int64_t issued, std::string_view agent) {
  const Account& in = book.account(account);
  const std::string key = temporary_key_id(key_seed);
  const RoleSession session{in.id, &role, instance.id, key, issued, false, "2.0"};
  Actor actor = session_actor(session, instance.private_ip, agent);
  actor.endpoint = in.endpoints[static_cast<std::size_t>(region)];
  return actor;
}

}  // namespace backtrail::ingest::sample
