#include "ingest/sample/background.hpp"

#include <algorithm>
#include <bit>

#include "ingest/sample/identity.hpp"

namespace backtrail::ingest::sample {
namespace {

enum AccountKind { kWorkload, kData, kShared, kSecurityKind, kQuiet };

AccountKind kind_of(int account) {
  switch (account) {
    case kDataLake:
    case kDataAnalytics:
      return kData;
    case kSharedServices:
    case kNetwork:
      return kShared;
    case kSecurity:
    case kLogArchive:
    case kForensics:
      return kSecurityKind;
    case kManagement:
    case kSandbox:
      return kQuiet;
    default:
      return kWorkload;
  }
}

constexpr int kActivityByHour[24] = {22, 18, 16, 16, 18, 24, 36, 52, 66, 74, 76, 72,
                                     70, 76, 84, 90, 88, 82, 70, 58, 48, 40, 32, 26};
constexpr int kActivityByLocalHour[24] = {1,  1,  1,   1,  1,  2,  8,  25, 70, 95, 100, 95,
                                          60, 85, 100, 95, 85, 60, 30, 15, 12, 10, 5,   2};

bool weekend(std::int64_t seconds) {
  const std::int64_t day = day_of(seconds) + 4;  // 1970-01-01 was a Thursday; 0 is Sunday
  const std::int64_t weekday = day - floor_to(day, 7);
  return weekday == 0 || weekday == 6;
}

}  // namespace

std::size_t zipf(Rng& rng, std::size_t n) {
  // Every power of two of ranks is equally likely, and so is every rank within one.
  const auto levels = static_cast<std::uint64_t>(std::bit_width(n));
  for (;;) {
    const std::uint64_t level = rng.below(levels);
    const std::uint64_t rank = (1ULL << level) + rng.below(1ULL << level) - 1;
    if (rank < n) return static_cast<std::size_t>(rank);
  }
}

int human_activity(std::int64_t seconds) {
  const auto hour = static_cast<std::size_t>((seconds - floor_to(seconds, kDay)) / kHour);
  return weekend(seconds) ? kActivityByHour[hour] / 4 : kActivityByHour[hour];
}

int working_activity(std::int64_t seconds, int utc_offset_hours) {
  const std::int64_t local = seconds + utc_offset_hours * kHour;
  const auto hour = static_cast<std::size_t>((local - floor_to(local, kDay)) / kHour);
  return weekend(local) ? kActivityByLocalHour[hour] / 6 : kActivityByLocalHour[hour];
}

const std::array<Background::Kind, 21> Background::kKinds{{
    //                                   length  work data shared security quiet
    {&Background::heartbeats, 25, {160, 90, 130, 60, 60}, false},
    {&Background::function_calls, 14, {190, 90, 90, 90, 40}, false},
    {&Background::workload_calls, 17, {150, 40, 40, 0, 0}, false},
    {&Background::service_keys, 12, {100, 90, 90, 200, 90}, false},
    {&Background::configuration_recorder, 32, {50, 50, 60, 90, 140}, false},
    {&Background::scaling_group, 9, {30, 16, 20, 2, 6}, false},
    {&Background::service_linked_scan, 22, {20, 14, 24, 50, 50}, false},
    {&Background::backups, 12, {8, 12, 8, 4, 4}, false},
    {&Background::object_traffic, 49, {40, 330, 60, 130, 20}, false},
    {&Background::exporter, 33, {100, 30, 50, 10, 20}, false},
    {&Background::patching, 28, {12, 8, 12, 6, 6}, false},
    {&Background::console_browsing, 35, {36, 44, 60, 130, 240}, true},
    {&Background::terminal, 8, {14, 30, 34, 40, 60}, true},
    {&Background::portal, 3, {0, 0, 0, 0, 60}, true},
    {&Background::failed_logins, 4, {1, 1, 1, 1, 4}, true},
    {&Background::root_login, 4, {0, 0, 0, 0, 1}, true},
    {&Background::terraform, 130, {36, 34, 70, 40, 60}, false},
    {&Background::deployment, 22, {26, 14, 170, 4, 8}, true},
    {&Background::security_sweep, 150, {18, 20, 20, 70, 80}, false},
    {&Background::vendor_sweep, 70, {8, 10, 10, 30, 40}, false},
    {&Background::analytics, 17, {2, 70, 6, 10, 4}, true},
}};

Background::Background(const Organisation& organisation, const Catalogue& catalogue)
    : organisation_(organisation),
      catalogue_(catalogue),
      assume_role_(catalogue.find("sts:AssumeRole")),
      assume_web_(catalogue.find("sts:AssumeRoleWithWebIdentity")),
      caller_identity_(catalogue.find("sts:GetCallerIdentity")),
      console_login_(catalogue.find("signin:ConsoleLogin")),
      switch_role_(catalogue.find("signin:SwitchRole")),
      heartbeat_(catalogue.find("ssm:UpdateInstanceInformation")),
      lists_(call_lists()) {}

void Background::plan(std::uint32_t events, Plan& plan) const {
  const Unit& unit = plan.unit();
  Rng rng(mix(unit.seed, tag("background")));
  const auto column = static_cast<std::size_t>(kind_of(unit.account_index));
  const int activity = human_activity(unit.begin + (unit.end - unit.begin) / 2);
  std::array<std::uint64_t, kKinds.size()> up_to{};
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    const Kind& kind = kKinds[i];
    const int share = kind.human ? kind.shares[column] * (activity + 12) / 60 : kind.shares[column];
    total += static_cast<std::uint64_t>(share * 1000 / kind.length);
    up_to[i] = total;
  }
  const std::size_t wanted = plan.events().size() + events;
  while (plan.events().size() < wanted) {
    const std::uint64_t draw = rng.below(total);
    const auto kind = static_cast<std::size_t>(std::upper_bound(up_to.begin(), up_to.end(), draw) - up_to.begin());
    Making making{plan,
                  rng,
                  *unit.account,
                  unit.region,
                  unit.begin,
                  unit.end,
                  static_cast<std::uint32_t>(wanted - plan.events().size())};
    (this->*kKinds[kind].maker)(making);
  }
}

Background::Calls Background::calls(std::initializer_list<std::string_view> names) const {
  Calls found;
  found.reserve(names.size());
  for (const auto name : names) found.push_back(catalogue_.find(name));
  return found;
}

bool Background::allowed(const Making& m, ApiIndex index) const {
  const Api& api = catalogue_.at(index);
  if (api.global && m.region != kUsEast1) return false;
  const bool object_data = api.object_store && api.data_event;
  return !object_data || &m.account != &organisation_.account(kAccountWithoutDataEvents);
}

ApiIndex Background::pick(Making& m, const Calls& from) const {
  for (int tries = 0; tries < 12; ++tries) {
    const ApiIndex api = from[m.rng.below(from.size())];
    if (allowed(m, api)) return api;
  }
  return caller_identity_;
}

std::int64_t Background::some_time(Making& m) const {
  return m.begin + static_cast<std::int64_t>(m.rng.below(static_cast<std::uint64_t>(m.end - m.begin)));
}

std::int64_t Background::busy_time(Making& m) const {
  std::int64_t when = some_time(m);
  for (int tries = 0; tries < 4; ++tries) {
    if (static_cast<int>(m.rng.below(100)) < 20 + human_activity(when) * 8 / 9) break;
    when = some_time(m);
  }
  return when;
}

std::int64_t Background::working_time(Making& m, const Person& person) const {
  std::int64_t when = some_time(m);
  for (int tries = 0; tries < 6; ++tries) {
    if (static_cast<int>(m.rng.below(100)) < working_activity(when, person.utc_offset_hours)) break;
    when = some_time(m);
  }
  return when;
}

std::int64_t Background::scatter(Making& m, std::uint32_t burst, const Calls& from, std::uint32_t count,
                                 std::int64_t start, std::int64_t gap_s, unsigned denied_per_mille) const {
  std::int64_t when = start;
  for (std::uint32_t i = 0; i < count && m.budget > 0; ++i, --m.budget) {
    const Result result = m.rng.per_mille(denied_per_mille) ? Result::kDenied : Result::kOk;
    m.plan.add(burst, when, pick(m, from), i, result);
    if (i + 1 < count) when += static_cast<std::int64_t>(m.rng.below(static_cast<std::uint64_t>(2 * gap_s + 1)));
  }
  return when;
}

std::int64_t Background::sweep(Making& m, std::uint32_t burst, const Calls& list, std::uint32_t count,
                               std::int64_t start, unsigned calls_per_second, unsigned denied_per_mille) const {
  std::size_t at = m.rng.below(list.size());
  std::int64_t when = start;
  for (std::uint32_t i = 0; i < count && m.budget > 0; ++i, --m.budget) {
    while (!allowed(m, list[at])) at = (at + 1) % list.size();
    const std::uint64_t draw = m.rng.below(1000);
    const Result result = draw < denied_per_mille       ? Result::kDenied
                          : draw < denied_per_mille + 3 ? Result::kThrottled
                                                        : Result::kOk;
    when = start + i / calls_per_second;
    m.plan.add(burst, when, list[at], i, result);
    at = (at + 1) % list.size();
  }
  return when;
}

Burst Background::role_burst(Making& m, const Role& role, std::string_view session, std::uint64_t key_seed,
                             std::int64_t created, std::string_view ip, std::string_view agent) const {
  const std::string key = temporary_key_id(key_seed);
  RoleSession identity;
  identity.account_id = m.account.id;
  identity.role = &role;
  identity.session = session;
  identity.key = key;
  identity.created = created;
  Burst burst;
  burst.seed = m.rng.next();
  burst.sticky = m.rng.next() | 1;
  burst.role = &role;
  burst.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
  burst.arn = m.plan.keep_with([&](Text& out) { put_role_session_arn(identity, out); });
  burst.ip = m.plan.keep(ip);
  burst.agent = m.plan.keep(agent);
  burst.session = m.plan.keep(session);
  return burst;
}

void Background::service_assumes(Making& m, std::string_view service, const Role& role, std::string_view session,
                                 std::uint64_t issued_seed, std::int64_t when) const {
  if (m.budget == 0) return;
  Burst burst;
  burst.seed = m.rng.next();
  burst.sticky = 1;
  burst.issued_seed = issued_seed;
  burst.shared_seed = m.rng.next() | 1;
  burst.role = &role;
  burst.identity = m.plan.keep_with([&](Text& out) { put_service(service, out); });
  burst.ip = burst.agent = m.plan.keep(service);
  burst.session = m.plan.keep(session);
  burst.by_service = true;
  m.plan.add(m.plan.add(burst), when, assume_role_, 0);
  --m.budget;
}

}  // namespace backtrail::ingest::sample
