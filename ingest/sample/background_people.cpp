// Background made by people: the console, the command line, the sign-in portal, logins that fail.
#include <algorithm>

#include "ingest/sample/background.hpp"
#include "ingest/sample/identity.hpp"

namespace backtrail::ingest::sample {
namespace {

// A sign-in lasts a working day; the console takes new keys for every few minutes of browsing.
constexpr std::int64_t kSignInLife = 9 * kHour;
constexpr std::int64_t kConsoleKeyLife = 10 * kMinute;

std::int64_t sign_in_time(const Person& person, std::int64_t when) {
  return floor_to(when, kSignInLife) +
         static_cast<std::int64_t>(mix(person.seed, static_cast<std::uint64_t>(when / kSignInLife)) % 1800);
}

std::string_view ip_of(const Person& person, std::int64_t when) {
  // Two days a week from home.
  return mix(person.seed, static_cast<std::uint64_t>(day_of(when))) % 5 < 2 ? std::string_view(person.home_ip)
                                                                            : std::string_view(person.office_ip);
}

}  // namespace

void Background::console_browsing(Making& m) const {
  const auto& people = organisation_.people();
  const Person& person = people[zipf(m.rng, people.size())];
  const Role& role = m.account.roles[static_cast<std::size_t>(person.role)];
  const std::int64_t start = working_time(m, person);
  const std::int64_t signed_in = std::min(sign_in_time(person, start), start);
  const std::string_view ip = ip_of(person, start);
  RoleSession identity{m.account.id, &role, person.name, {}, signed_in, true};
  identity.on_behalf_of = person.user_id;
  if (m.rng.per_mille(200)) {
    Burst login = role_burst(m, role, person.name, 0, signed_in, ip, person.browser);
    login.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
    m.plan.add(m.plan.add(login), start, m.rng.per_mille(850) ? console_login_ : switch_role_, 0);
    if (--m.budget == 0) return;
  }
  std::int64_t when = start + 3;
  for (auto pages = m.rng.between(1, 9); pages > 0 && m.budget > 0; --pages) {
    // One page is a handful of calls within two seconds, and what the console asks in the background.
    const std::int64_t epoch = floor_to(when, kConsoleKeyLife);
    const std::string key = temporary_key_id(mix(person.seed, tag(m.account.id), static_cast<std::uint64_t>(epoch)));
    identity.key = key;
    const bool inside = m.rng.per_mille(250);  // pages whose calls AWS makes itself
    Burst page = role_burst(m, role, person.name, 0, signed_in, ip,
                            inside ? std::string_view("AWS Internal") : std::string_view(person.browser));
    page.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
    page.console = true;
    const unsigned denied = person.role == kRoleSsoReadOnly ? 60 : person.role == kRoleSsoDeveloper ? 35 : 4;
    const std::uint32_t burst = m.plan.add(page);
    const auto calls = static_cast<std::uint32_t>(m.rng.between(2, 11));
    for (std::uint32_t i = 0; i < calls && m.budget > 0; ++i, --m.budget) {
      const Result result = m.rng.per_mille(denied) ? Result::kDenied : Result::kOk;
      m.plan.add(burst, when + static_cast<std::int64_t>(i / 4), pick(m, lists_.pages), i, result);
    }
    if (m.budget > 0 && m.rng.per_mille(100)) {
      const bool reader = person.role == kRoleSsoReadOnly;
      m.plan.add(burst, when + 20, pick(m, lists_.page_writes), 100, reader ? Result::kDenied : Result::kOk);
      --m.budget;
    }
    when += m.rng.between(15, 240);
  }
}

void Background::terminal(Making& m) const {
  const auto& people = organisation_.people();
  const Person& person = people[zipf(m.rng, people.size())];
  const Role& role = m.account.roles[static_cast<std::size_t>(person.role)];
  const std::int64_t start = working_time(m, person);
  const std::int64_t signed_in = std::min(sign_in_time(person, start), start);
  const std::string key =
      temporary_key_id(mix(person.seed, tag(m.account.id), tag("terminal"), static_cast<std::uint64_t>(signed_in)));
  RoleSession identity{m.account.id, &role, person.name, key, signed_in};
  identity.on_behalf_of = person.user_id;
  Burst body = role_burst(m, role, person.name, 0, signed_in, ip_of(person, start), person.terminal);
  body.identity = m.plan.keep_with([&](Text& out) { put_role_session(identity, out); });
  scatter(m, m.plan.add(body), lists_.terminal, static_cast<std::uint32_t>(m.rng.between(1, 16)), start, 25,
          person.role == kRoleSsoReadOnly ? 80 : 25);
}

void Background::portal(Making& m) const {
  if (m.region != kUsEast1) return service_keys(m);
  const auto& people = organisation_.people();
  const Person& person = people[zipf(m.rng, people.size())];
  const std::int64_t start = working_time(m, person);
  Burst body;
  body.seed = m.rng.next();
  body.sticky = body.seed | 1;
  const std::string credential = hex_id(mix(person.seed, static_cast<std::uint64_t>(day_of(start))), 32);
  body.identity =
      m.plan.keep_with([&](Text& out) { put_identity_center_user(m.account.id, person.user_id, credential, out); });
  body.ip = m.plan.keep(ip_of(person, start));
  body.agent = m.plan.keep(person.browser);
  scatter(m, m.plan.add(body), lists_.portal, static_cast<std::uint32_t>(m.rng.between(1, 4)), start, 5, 0);
}

void Background::failed_logins(Making& m) const {
  // Somebody mistypes, or something on the internet tries: the user name is then not shown.
  const User& user = m.account.users[m.rng.below(m.account.users.size())];
  const bool unknown = m.rng.per_mille(700);
  Burst body;
  body.seed = m.rng.next();
  body.sticky = 1;
  body.identity = m.plan.keep_with([&](Text& out) {
    if (unknown) {
      out.put(R"({"type":"IAMUser","accountId":")");
      out.put(m.account.id);
      out.put(R"(","accessKeyId":"","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"})");
    } else {
      put_iam_user(m.account.id, user, {}, 0, false, out);
    }
  });
  const std::string ip = "100.127." + std::to_string(m.rng.below(250)) + "." + std::to_string(1 + m.rng.below(250));
  body.ip = m.plan.keep(ip);
  body.agent = m.plan.keep(organisation_.people().front().browser);
  const std::uint32_t burst = m.plan.add(body);
  std::int64_t when = some_time(m);
  for (auto tries = m.rng.between(1, 7); tries > 0 && m.budget > 0; --tries, --m.budget) {
    m.plan.add(burst, when, console_login_, static_cast<std::uint32_t>(tries), Result::kFailedLogin);
    when += m.rng.between(2, 40);
  }
}

void Background::root_login(Making& m) const {
  if (m.region != kUsEast1) return service_keys(m);
  const std::int64_t start = some_time(m);
  const std::string key = temporary_key_id(mix(tag(m.account.id), static_cast<std::uint64_t>(start)));
  Burst body;
  body.seed = m.rng.next();
  body.sticky = body.seed | 1;
  body.identity = m.plan.keep_with([&](Text& out) { put_root(m.account.id, key, start, out); });
  body.arn = m.plan.keep("arn:aws:iam::" + m.account.id + ":root");
  body.ip = m.plan.keep("192.0.2.9");
  body.agent = m.plan.keep(organisation_.people().front().browser);
  body.console = true;
  scatter(m, m.plan.add(body), lists_.root, static_cast<std::uint32_t>(m.rng.between(2, 6)), start, 6, 0);
}

}  // namespace backtrail::ingest::sample
