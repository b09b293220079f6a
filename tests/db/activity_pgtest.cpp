// The core question against a real database: random filters compared with a plain evaluation over the decoded events,
// and the promises that randomness cannot show (cursors, scopes, forged and damaged rows, plans).
#include <algorithm>
#include <backtrail_query_sql.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "query/cursor.hpp"
#include "query/entity/activity.hpp"
#include "tests/db/event_world.hpp"

namespace backtrail::query {
namespace {

using backtrail::testing::EventSeed;
using backtrail::testing::id_of;
using backtrail::testing::kAudit;
using backtrail::testing::kOther;
using backtrail::testing::kWeb;
using backtrail::testing::Record;
using backtrail::testing::time_of;
using backtrail::testing::World;
using schema::AccountScope;
using schema::ApiEvent;
using schema::Code;
using schema::EntityKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using List = std::vector<Parameter>;
const std::int64_t kNow = time_of("2026-11-25T00:00:00Z");

EventFilter filter_of(const List& parameters) {
  auto filter = parse_event_filter(parameters, kNow);
  EXPECT_TRUE(filter.has_value()) << (filter ? "" : filter.error().detail);
  return filter ? *filter : EventFilter{};
}

// ---- the plain evaluation ----

using Test = std::function<bool(const ApiEvent&)>;

bool by_kind(const ApiEvent& event, EntityKind kind, const std::string& key) {
  const std::map<EntityKind, const std::optional<schema::Entity>*> columns{
      {EntityKind::kPrincipal, &event.principal},  {EntityKind::kRoleSession, &event.session},
      {EntityKind::kAccessKey, &event.access_key}, {EntityKind::kInstance, &event.instance},
      {EntityKind::kIpAddress, &event.ip_address}, {EntityKind::kUserAgent, &event.user_agent}};
  const auto found = columns.find(kind);
  return found != columns.end() && *found->second && (*found->second)->key == key;
}
bool on_kind(const ApiEvent& event, EntityKind kind, const std::string& key) {
  for (const auto& mention : event.mentions)
    if (mention.kind == kind && mention.key == key) return true;
  return false;
}

// One condition: the parameters that say it and the test that it means.
struct Condition {
  List parameters;
  Test test;
};

// `values` with some refused: any of the wanted ones, none of the refused.
Condition choice(World& world, const std::string& name, const std::vector<std::string>& domain, bool commas,
                 const std::function<bool(const ApiEvent&, const std::string&)>& is) {
  std::vector<std::string> wanted, refused;
  const std::size_t count = 1 + world.random() % 2;
  for (std::size_t i = 0; i < count; ++i) (world.chance(30) ? refused : wanted).push_back(world.one_of(domain));
  Condition condition;
  std::string joined;
  for (const auto& [list, mark] : {std::pair(&wanted, ""), std::pair(&refused, "!")})
    for (const auto& value : *list) {
      if (commas && world.chance(50))
        joined += (joined.empty() ? "" : ",") + (mark + value);
      else
        condition.parameters.emplace_back(name, mark + value);
    }
  if (!joined.empty()) condition.parameters.emplace_back(name, joined);
  condition.test = [=](const ApiEvent& event) {
    const auto holds = [&](const std::string& value) { return is(event, value); };
    return (wanted.empty() || std::any_of(wanted.begin(), wanted.end(), holds)) &&
           std::none_of(refused.begin(), refused.end(), holds);
  };
  return condition;
}

struct Question {
  List parameters;
  std::vector<Test> tests;
  schema::TimeRange range;
  std::set<std::string> names;  // of what was asked, for the trace

  void add(const std::string& name, Condition condition) {
    if (!names.insert(name).second) return;
    parameters.insert(parameters.end(), condition.parameters.begin(), condition.parameters.end());
    tests.push_back(std::move(condition.test));
  }
  bool holds(const ApiEvent& event) const {
    return event.event_time_us >= range.from_us && event.event_time_us < range.to_us &&
           std::all_of(tests.begin(), tests.end(), [&](const Test& test) { return test(event); });
  }
  std::string text() const {
    std::string all;
    for (const auto& [name, value] : parameters) all += name + "=" + value + "&";
    return all;
  }
};

class QuestionMaker {
 public:
  explicit QuestionMaker(World& world) : w_(world) {}

  Question make() {
    Question question;
    const std::string directions[] = {"any", "by", "on"};
    const std::string direction = directions[w_.random() % 3];
    by_ = direction != "on";
    on_ = direction != "by";
    if (direction != "any" || w_.chance(30)) question.parameters.emplace_back("direction", direction);
    add_range(question);
    for (std::size_t n = w_.random() % 3; n > 0; --n) add_entity(question);
    for (std::size_t n = w_.random() % 3; n > 0; --n) add_field(question);
    return question;
  }

 private:
  void add_range(Question& question) {
    const std::int64_t start = time_of("2026-11-18T00:00:00Z");
    question.range.from_us = start + static_cast<std::int64_t>(w_.random() % 150) * schema::kMicrosPerHour;
    question.range.to_us =
        question.range.from_us + static_cast<std::int64_t>(1 + w_.random() % 150) * schema::kMicrosPerHour;
    if (w_.chance(40)) question.range = {start, start + 6 * schema::kMicrosPerDay};
    question.parameters.emplace_back("from", schema::format_rfc3339(question.range.from_us));
    question.parameters.emplace_back("to", schema::format_rfc3339(question.range.to_us));
  }

  std::function<bool(const ApiEvent&, const std::string&)> named(EntityKind kind) {
    const bool by = by_, on = on_;
    return [=](const ApiEvent& event, const std::string& key) {
      return (by && by_kind(event, kind, key)) || (on && on_kind(event, kind, key));
    };
  }

  void add_entity(Question& question) {
    std::vector<std::string> session_keys, principals = w_.users;
    for (const auto& role : w_.roles) {
      principals.push_back(role);
      for (const auto& session : w_.sessions) session_keys.push_back(role + ":" + session);
    }
    principals.push_back(kWeb + ":root");
    const std::vector<std::string> resources{"arn:aws:s3:::logs", "arn:aws:s3:::backup"};
    const std::vector<std::string> ips{"198.51.100.7", "203.0.113.9", "2001:db8::1"};
    const std::vector<std::string> agents{w_.agents[0], w_.agents[1]};
    switch (w_.random() % 9) {
      case 0:
        return question.add("principal", choice(w_, "principal", principals, false, named(EntityKind::kPrincipal)));
      case 1:
        return question.add("role_session",
                            choice(w_, "role_session", session_keys, false, named(EntityKind::kRoleSession)));
      case 2:
        return question.add("access_key", choice(w_, "access_key", w_.keys, true, named(EntityKind::kAccessKey)));
      case 3:
        return question.add("instance", choice(w_, "instance", w_.instances, true, named(EntityKind::kInstance)));
      case 4:
        return question.add("ip_address", choice(w_, "ip_address", ips, true, named(EntityKind::kIpAddress)));
      case 5:
        return question.add("user_agent", choice(w_, "user_agent", agents, false, named(EntityKind::kUserAgent)));
      case 6:
        return question.add("resource", choice(w_, "resource", resources, false, named(EntityKind::kResource)));
      case 7:
        return question.add("entity", mixed());
      default:
        return question.add("entity", choice(w_, "entity", {"account:" + kWeb, "account:" + kOther}, false,
                                             [](const ApiEvent& event, const std::string& text) {
                                               return "account:" + event.account_id == text;
                                             }));
    }
  }

  // Alternatives of different kinds in one parameter.
  Condition mixed() {
    const auto key_is = named(EntityKind::kAccessKey), instance_is = named(EntityKind::kInstance),
               agent_is = named(EntityKind::kUserAgent);
    const std::vector<std::string> domain{"access_key:" + w_.keys[1], "instance:" + w_.instances[0], "user_agent:!odd"};
    return choice(w_, "entity", domain, false, [=](const ApiEvent& event, const std::string& text) {
      const auto key = text.substr(text.find(':') + 1);
      return text.starts_with("access_key:") ? key_is(event, key)
             : text.starts_with("instance:") ? instance_is(event, key)
                                             : agent_is(event, key);
    });
  }

  void add_field(Question& question) {
    switch (w_.random() % 8) {
      case 0:
        return question.add("account_id",
                            choice(w_, "account_id", w_.accounts, true,
                                   [](const ApiEvent& e, const std::string& v) { return e.account_id == v; }));
      case 1:
        return question.add("region", choice(w_, "region", w_.regions, true,
                                             [](const ApiEvent& e, const std::string& v) { return e.region == v; }));
      case 2:
        return question.add("service", choice(w_, "service", {"s3", "s3_odd", "iam.amazonaws.com"}, true,
                                              [](const ApiEvent& e, const std::string& v) {
                                                return e.service == v || e.service.substr(0, e.service.find('.')) == v;
                                              }));
      case 3:
        return question.add("api", choice(w_, "api", {"GetObject", "GetObject*", "Get%*", "Get_Object", "*", "Create*"},
                                          true, [](const ApiEvent& e, const std::string& v) {
                                            return v.ends_with('*') ? e.api.starts_with(v.substr(0, v.size() - 1))
                                                                    : e.api == v;
                                          }));
      case 4:
        return question.add("outcome",
                            choice(w_, "outcome", {"ok", "denied", "failed"}, true,
                                   [](const ApiEvent& e, const std::string& v) { return name_of(e.outcome) == v; }));
      case 5:
        return question.add(
            "event_class", choice(w_, "event_class", {"management", "data"}, true,
                                  [](const ApiEvent& e, const std::string& v) { return name_of(e.event_class) == v; }));
      case 6:
        return question.add("error_code",
                            choice(w_, "error_code", {"AccessDenied", "NoSuchKey"}, true,
                                   [](const ApiEvent& e, const std::string& v) { return e.error_code == v; }));
      default: {
        const bool wanted = w_.chance(50);
        return question.add("read_only", {{{"read_only", wanted ? "true" : "false"}}, [wanted](const ApiEvent& e) {
                                            return e.read_only && *e.read_only == wanted;
                                          }});
      }
    }
  }

  World& w_;
  bool by_ = true, on_ = true;
};

EventPosition position_of(const ApiEvent& event) {
  return {event.event_time_us, event.event_id, event.content_fp};
}

std::vector<EventPosition> all_pages(const Warehouse& warehouse, const AccountScope& scope, const EventFilter& filter,
                                     std::size_t limit, std::uint64_t expected_total) {
  std::vector<EventPosition> positions;
  std::string cursor;
  for (;;) {
    const auto page = activity(warehouse, scope, filter, limit, cursor);
    EXPECT_TRUE(page.has_value()) << (page ? "" : page.error().detail);
    if (!page) return positions;
    EXPECT_EQ(page->total, expected_total);
    EXPECT_LE(page->events.size(), limit);
    for (const auto& view : page->events) positions.push_back(view.position());
    if (!page->next_cursor) return positions;
    EXPECT_EQ(page->events.size(), limit) << "only the last page is short";
    cursor = *page->next_cursor;
  }
}

OutcomeCounts counted(const std::vector<const ApiEvent*>& events) {
  OutcomeCounts counts;
  for (const auto* event : events)
    ++(event->outcome == schema::Outcome::kOk       ? counts.ok
       : event->outcome == schema::Outcome::kDenied ? counts.denied
                                                    : counts.failed);
  return counts;
}

void expect_values(const std::vector<ValueCount>& values, const std::map<std::string, std::uint64_t>& expected) {
  std::map<std::string, std::uint64_t> found;
  for (const auto& value : values) found[value.value] = value.counts.total();
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(std::is_sorted(values.begin(), values.end(),
                             [](const auto& a, const auto& b) { return a.counts.total() > b.counts.total(); }));
}

void expect_summary(const ActivitySummary& summary, const std::vector<const ApiEvent*>& events) {
  std::map<std::string, std::uint64_t> accounts, regions, ips, keys, agents, apis, found_apis;
  for (const auto* event : events) {
    ++accounts[event->account_id];
    ++regions[event->region];
    ++apis[event->service + " " + event->api];
    if (event->ip_address) ++ips[event->ip_address->key];
    if (event->access_key) ++keys[event->access_key->key];
    if (event->user_agent) ++agents[event->user_agent->key];
  }
  EXPECT_EQ(summary.groups.totals, counted(events));
  for (const auto& api : summary.groups.apis) found_apis[api.service + " " + api.api] = api.counts.total();
  EXPECT_EQ(found_apis, apis);
  expect_values(summary.groups.accounts, accounts);
  expect_values(summary.groups.regions, regions);
  expect_values(summary.groups.ip_addresses, ips);
  expect_values(summary.groups.access_keys, keys);
  expect_values(summary.groups.user_agents, agents);
  if (events.empty()) return;
  EXPECT_EQ(summary.groups.last_us, events.front()->event_time_us);
  EXPECT_EQ(summary.groups.first_us, events.back()->event_time_us);
}

void expect_volume(const ActivityVolume& volume, const std::vector<const ApiEvent*>& events) {
  ASSERT_LE(volume.buckets.size(), kBucketsMax);
  const std::int64_t width = volume.bucket_seconds * schema::kMicrosPerSecond;
  std::map<std::int64_t, std::vector<const ApiEvent*>> expected;
  for (const auto* event : events) expected[event->event_time_us / width * width].push_back(event);
  OutcomeCounts sum;
  for (const auto& bucket : volume.buckets) {
    EXPECT_EQ(bucket.counts, counted(expected[bucket.at_us])) << schema::format_rfc3339(bucket.at_us);
    sum.ok += bucket.counts.ok;
    sum.denied += bucket.counts.denied;
    sum.failed += bucket.counts.failed;
  }
  EXPECT_EQ(sum, counted(events));
}

// What the days are stored as.
enum class Storage { kRows, kParts, kMixture };

// In the mixture some days are parts, some rows, and events came late to both.
void store(const std::vector<std::string>& records, Storage storage, EventSeed& seed) {
  if (storage != Storage::kMixture) {
    seed.add_all(records);
    if (storage == Storage::kParts) seed.seal();
    return;
  }
  const auto third = static_cast<std::ptrdiff_t>(records.size() / 3);
  seed.add_all({records.begin(), records.begin() + third});
  seed.seal();
  seed.add_all({records.begin() + third, records.begin() + 2 * third});
  seed.seal(schema::day_of(time_of("2026-11-19T00:00:00Z")));
  seed.seal(schema::day_of(time_of("2026-11-21T00:00:00Z")));
  seed.add_all({records.begin() + 2 * third, records.end()});
}

class ActivityPropertyTest : public ::testing::TestWithParam<Storage> {};

TEST_P(ActivityPropertyTest, AnswersLikeAPlainEvaluationOverAllEvents) {
  constexpr unsigned kSeed = 20'261'120;
  constexpr int kEvents = 700, kQuestions = 250;
  SCOPED_TRACE(kSeed);
  World world{std::mt19937(kSeed)};
  EventSeed seed;
  std::vector<std::string> records;
  for (int n = 0; n < kEvents; ++n) records.push_back(world.record(n));
  store(records, GetParam(), seed);
  std::vector<ApiEvent> events;
  for (const auto& record : records) events.push_back(seed.read(record));
  std::sort(events.begin(), events.end(), [](const auto& a, const auto& b) { return position_of(a) > position_of(b); });

  std::size_t answered = 0;
  for (int n = 0; n < kQuestions && !::testing::Test::HasFailure(); ++n) {
    const Question question = QuestionMaker(world).make();
    SCOPED_TRACE(question.text());
    const bool limited = world.chance(30);
    const AccountScope scope = limited ? AccountScope::of({kWeb, kAudit}).value() : AccountScope::all();
    std::vector<const ApiEvent*> expected;
    std::vector<EventPosition> positions;
    for (const auto& event : events)
      if (scope.allows(event.account_id) && question.holds(event)) {
        expected.push_back(&event);
        positions.push_back(position_of(event));
      }
    answered += expected.size();
    const auto filter = filter_of(question.parameters);
    const std::size_t limit = 1 + world.random() % 90;
    EXPECT_EQ(all_pages(seed.warehouse(), scope, filter, limit, expected.size()), positions);
    const auto volume = activity_volume(seed.warehouse(), scope, filter);
    ASSERT_TRUE(volume.has_value());
    expect_volume(*volume, expected);
    const auto summary = activity_summary(seed.warehouse(), scope, filter);
    ASSERT_TRUE(summary.has_value());
    expect_summary(*summary, expected);
  }
  EXPECT_GT(answered, 2000U) << "the questions are too narrow to show anything";
}

INSTANTIATE_TEST_SUITE_P(Storages, ActivityPropertyTest,
                         ::testing::Values(Storage::kRows, Storage::kParts, Storage::kMixture), [](const auto& test) {
                           return test.param == Storage::kRows    ? "Rows"
                                  : test.param == Storage::kParts ? "Parts"
                                                                  : "Mixture";
                         });

// ---- promises by name ----

class ActivityTest : public ::testing::Test {
 protected:
  // The clock must not decide what these tests see.
  ActivityTest() { seed_.admin_exec("UPDATE retention_rule SET days = NULL"); }

  ActivityPage ask(const List& parameters, std::size_t limit = 50, const std::string& cursor = "",
                   const AccountScope& scope = AccountScope::all()) {
    const auto page = activity(seed_.warehouse(), scope, filter_of(parameters), limit, cursor);
    EXPECT_TRUE(page.has_value()) << (page ? "" : page.error().detail);
    return page ? *page : ActivityPage{};
  }
  static List all_days(List parameters = {}) {
    parameters.emplace_back("from", "2026-11-01T00:00:00Z");
    parameters.emplace_back("to", "2026-12-01T00:00:00Z");
    return parameters;
  }
  static std::vector<std::string> ids(const ActivityPage& page) {
    std::vector<std::string> ids;
    for (const auto& view : page.events) ids.push_back(to_string(view.position().event_id));
    return ids;
  }
  void add_many(int count) {
    std::vector<std::string> records;
    for (int n = 0; n < count; ++n) {
      Record record;
      record.event_id = id_of(n);
      record.time = schema::format_rfc3339(time_of("2026-11-20T00:00:00Z") + n / 3 * schema::kMicrosPerSecond);
      records.push_back(record.json());
    }
    seed_.add_all(records);
  }

  EventSeed seed_;
};

TEST_F(ActivityTest, AnEventByAndOnOneEntityIsListedAndCountedOnce) {
  Record record;
  record.event_id = id_of(1);
  record.identity = Record::role("AROAEXAMPLEWEB000001", "web", "i-0dbc91f429e48eeed", kWeb, "ASIAEXAMPLE000000001");
  record.request["instanceId"] = "i-0dbc91f429e48eeed";
  seed_.add(record);
  const auto page = ask(all_days({{"instance", "i-0dbc91f429e48eeed"}}));
  EXPECT_EQ(page.total, 1U);
  ASSERT_THAT(page.events, SizeIs(1));
  EXPECT_THAT(page.events[0].matched(),
              ElementsAre(MatchedEntity{{EntityKind::kInstance, "i-0dbc91f429e48eeed", ""}, schema::Direction::kBy},
                          MatchedEntity{{EntityKind::kInstance, "i-0dbc91f429e48eeed", ""}, schema::Direction::kOn}));
  EXPECT_EQ(ask(all_days({{"instance", "i-0dbc91f429e48eeed"}, {"direction", "by"}})).total, 1U);
  EXPECT_EQ(ask(all_days({{"instance", "i-0dbc91f429e48eeed"}, {"direction", "on"}})).total, 1U);
}

TEST_F(ActivityTest, ACursorKeepsTheIntervalOfItsFirstPage) {
  // "The last 24 hours" of a question that was asked at kNow.
  std::vector<std::string> records;
  for (int n = 0; n < 4; ++n) {
    Record record;
    record.event_id = id_of(n);
    record.time = schema::format_rfc3339(kNow - schema::kMicrosPerHour * (n + 1));
    records.push_back(record.json());
  }
  seed_.add_all(records);
  const List asked{{"last", "24h"}};
  const auto first = ask(asked, 3);
  ASSERT_TRUE(first.next_cursor);
  // Ten days later "the last 24 hours" are others, but the next page is still of the first page's hours.
  const auto later = parse_event_filter(asked, kNow + 10 * schema::kMicrosPerDay);
  const auto second = activity(seed_.warehouse(), AccountScope::all(), *later, 3, *first.next_cursor);
  ASSERT_TRUE(second.has_value()) << second.error().detail;
  EXPECT_EQ(ids(*second), std::vector<std::string>{id_of(3)});
  EXPECT_EQ(second->total, 4U);
  EXPECT_EQ(second->covered.range, first.covered.range);
  EXPECT_FALSE(second->next_cursor);
}

TEST_F(ActivityTest, ACursorIsForOneQuestion) {
  add_many(5);
  const auto first = ask(all_days({{"principal", "AIDAEXAMPLEALICE0001"}}), 2);
  ASSERT_TRUE(first.next_cursor);
  EXPECT_THAT(ids(ask(all_days({{"principal", "AIDAEXAMPLEALICE0001"}}), 2, *first.next_cursor)), SizeIs(2));
  const std::vector<List> others{all_days(),
                                 all_days({{"principal", "AIDAEXAMPLEALICE0001"}, {"region", "eu-west-1"}}),
                                 {{"principal", "AIDAEXAMPLEALICE0001"}}};
  for (const auto& other : others) {
    const auto page = activity(seed_.warehouse(), AccountScope::all(), filter_of(other), 2, *first.next_cursor);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, Code::kBadCursor);
  }
}

TEST_F(ActivityTest, ACursorWithOddValuesIsRefused) {
  add_many(1);
  const auto filter = filter_of(all_days());
  const std::uint64_t question = question_hash(canonical_text(filter));
  const std::string from = "1000", to = "2000", id = id_of(1);
  const std::vector<std::vector<std::string>> odd{
      {"", to, "1500", id, id},    {"a", to, "1500", id, id},  {from, to, "999", id, id},
      {from, to, "2001", id, id},  {"-1", to, "1500", id, id}, {from, "99999999999999999999", "1500", id, id},
      {from, to, "1500", "x", id}, {from, to, "1500", id, ""}, {from, "999999999999999999", "1500", id, id}};
  for (const auto& parts : odd) {
    const auto page =
        activity(seed_.warehouse(), AccountScope::all(), filter, 2, encode_cursor("activity", question, parts));
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, Code::kBadCursor);
  }
  EXPECT_TRUE(activity(seed_.warehouse(), AccountScope::all(), filter, 2,
                       encode_cursor("activity", question, {from, to, "1500", id, id})));
}

TEST_F(ActivityTest, AForgedHashIsLeftOutAndSaid) {
  Record mine, forged;
  mine.event_id = id_of(1);
  forged.event_id = id_of(2);
  forged.time = "2026-11-20T11:00:00Z";
  forged.identity = Record::user("AIDAEXAMPLEBOB000001", "bob", kWeb, "AKIAEXAMPLEBOB000001");
  seed_.add(mine);
  seed_.add(forged);
  const auto hash = schema::entity_hash(seed_.warehouse().hash_key, EntityKind::kPrincipal, "AIDAEXAMPLEALICE0001");
  seed_.admin_exec(fmt::format("UPDATE api_event SET principal_hash = {} WHERE event_id = '{}'", hash, id_of(2)));
  const auto page = ask(all_days({{"principal", "AIDAEXAMPLEALICE0001"}}), 1);
  EXPECT_THAT(ids(page), ElementsAre(id_of(1))) << "the page is filled with events that do match";
  EXPECT_FALSE(page.next_cursor);
  EXPECT_FALSE(page.covered.complete);
  EXPECT_THAT(page.covered.reasons, ElementsAre(HasSubstr("1 stored events")));
  EXPECT_TRUE(ask(all_days({{"principal", "AIDAEXAMPLEBOB000001"}})).covered.complete);
}

TEST_F(ActivityTest, AForgedHashHasNoTextInASummary) {
  Record record;
  record.event_id = id_of(1);
  seed_.add(record);
  seed_.admin_exec("UPDATE api_event SET ip_address_hash = 12345");
  const auto summary = activity_summary(seed_.warehouse(), AccountScope::all(), filter_of(all_days()));
  ASSERT_TRUE(summary.has_value());
  EXPECT_THAT(summary->groups.ip_addresses, IsEmpty());
  EXPECT_THAT(summary->groups.access_keys, SizeIs(1));
}

TEST_F(ActivityTest, ADamagedRecordIsShownAndMarked) {
  Record record;
  record.event_id = id_of(1);
  record.error_code = "AccessDenied";
  seed_.add(record);
  seed_.admin_exec("UPDATE api_event SET raw = '\\x07ff'");
  const auto page = ask(all_days({{"principal", "AIDAEXAMPLEALICE0001"}}));
  ASSERT_THAT(page.events, SizeIs(1));
  EXPECT_TRUE(page.events[0].damaged());
  EXPECT_EQ(page.events[0].event().api, "GetObject");
  EXPECT_EQ(page.events[0].event().outcome, schema::Outcome::kDenied);
  EXPECT_THAT(flag_names(page.events[0]), ElementsAre("damaged"));
}

TEST_F(ActivityTest, VariantsAreTwoEventsAndMarked) {
  Record one;
  one.event_id = id_of(1);
  Record other = one;
  other.region = "eu-central-1";
  Record alone = one;
  alone.event_id = id_of(2);
  seed_.add_all({one.json(), other.json(), alone.json()});
  const auto page = ask(all_days());
  ASSERT_THAT(page.events, SizeIs(3));
  EXPECT_FALSE(page.events[0].variant);
  EXPECT_TRUE(page.events[1].variant);
  EXPECT_TRUE(page.events[2].variant);
  const auto found = events_by_id(seed_.warehouse(), AccountScope::all(), page.events[1].position().event_id, 10);
  ASSERT_TRUE(found.has_value());
  EXPECT_THAT(*found, SizeIs(2));
}

TEST_F(ActivityTest, OtherAccountsLookLikeNothing) {
  Record mine, foreign;
  mine.event_id = id_of(1);
  foreign.event_id = id_of(2);
  foreign.account = kOther;
  seed_.add_all({mine.json(), foreign.json()});
  const auto all = ask(all_days());
  ASSERT_THAT(all.events, SizeIs(2));
  const auto scope = AccountScope::of({kWeb}).value();
  EXPECT_THAT(ids(ask(all_days(), 50, "", scope)), ElementsAre(id_of(1)));
  EXPECT_THAT(ids(ask(all_days({{"account_id", kOther}}), 50, "", scope)), IsEmpty());
  EXPECT_THAT(ids(ask(all_days(), 50, "", AccountScope::none())), IsEmpty());
  EXPECT_THAT(ask(all_days(), 50, "", scope).covered.accounts, ::testing::Optional(ElementsAre(kWeb)));

  const auto& hidden = all.events[0].event().account_id == kOther ? all.events[0] : all.events[1];
  const std::string unknown = base64url(*from_base64url(event_key(hidden)) + "x");
  const auto refused = event_by_key(seed_.warehouse(), scope, event_key(hidden));
  const auto missing = event_by_key(seed_.warehouse(), scope, unknown);
  ASSERT_FALSE(refused);
  ASSERT_FALSE(missing);
  EXPECT_EQ(refused.error().code, Code::kNotFound);
  EXPECT_EQ(refused.error().detail, missing.error().detail);
  EXPECT_FALSE(event_by_key(seed_.warehouse(), scope, id_of(2)));
  EXPECT_TRUE(event_by_key(seed_.warehouse(), AccountScope::all(), event_key(hidden)));
}

TEST_F(ActivityTest, AnEventIsFoundByItsKeyAndByItsIdWithItsExactBytes) {
  Record record;
  record.event_id = id_of(1);
  const std::string json = "{ \"number\": 1.50e2,\n" + record.json().substr(1);
  seed_.add_all({json});
  const auto page = ask(all_days());
  ASSERT_THAT(page.events, SizeIs(1));
  for (const auto& key : {event_key(page.events[0]), id_of(1)}) {
    const auto found = event_by_key(seed_.warehouse(), AccountScope::all(), key);
    ASSERT_TRUE(found.has_value()) << found.error().detail;
    EXPECT_EQ(found->raw(), json);
    EXPECT_EQ(found->received_us(), time_of(EventSeed::kReceivedAt));
  }
  for (const std::string key : {"", "x", "00000000-0000-4000-8000-00000000000", "AAAA"})
    EXPECT_EQ(event_by_key(seed_.warehouse(), AccountScope::all(), key).error().code, Code::kNotFound);
}

TEST_F(ActivityTest, ExportGivesEveryEventOnceInOrder) {
  const int count = static_cast<int>(2 * kExportPageEvents) + 1;
  add_many(count);
  auto events = ActivityExport::open(seed_.warehouse(), AccountScope::all(), filter_of(all_days()));
  ASSERT_TRUE(events.has_value());
  std::vector<EventPosition> positions;
  std::vector<std::size_t> sizes;
  while (!events->at_end()) {
    const auto next = events->next();
    ASSERT_TRUE(next.has_value());
    sizes.push_back(next->size());
    for (const auto& view : *next) positions.push_back(view.position());
  }
  EXPECT_THAT(sizes, ElementsAre(kExportPageEvents, kExportPageEvents, 1U));
  EXPECT_TRUE(std::is_sorted(positions.rbegin(), positions.rend()));
  EXPECT_EQ(std::set(positions.begin(), positions.end()).size(), static_cast<std::size_t>(count));
  EXPECT_THAT(*events->next(), IsEmpty());
}

TEST_F(ActivityTest, SaysWhatRetentionTook) {
  seed_.admin_exec("UPDATE retention_rule SET days = 90");
  const auto page = ask({{"from", "2020-01-01"}, {"to", "2026-11-21"}});
  EXPECT_FALSE(page.covered.complete);
  EXPECT_THAT(page.covered.reasons, SizeIs(4));
  const auto data = ask({{"from", "2020-01-01"}, {"to", "2026-11-21"}, {"event_class", "data"}});
  EXPECT_THAT(data.covered.reasons, ElementsAre(HasSubstr("data events before")));
  seed_.admin_exec("UPDATE retention_rule SET days = NULL");
  EXPECT_TRUE(ask({{"from", "2020-01-01"}, {"to", "2026-11-21"}}).covered.complete);
}

TEST_F(ActivityTest, AFindingLeadsToItsActivity) {
  Record before, during, after;
  before.event_id = id_of(1);
  before.time = "2024-11-20T08:59:59Z";  // more than an hour before
  during.event_id = id_of(2);
  during.time = "2024-11-20T09:00:00Z";
  after.event_id = id_of(3);
  after.time = "2024-11-20T11:00:00Z";
  after.identity = Record::user("AIDAEXAMPLEBOB000001", "bob", kWeb, "AKIAEXAMPLEBOB000001");
  seed_.add_all({before.json(), during.json(), after.json()});
  schema::Finding finding;
  finding.identity = {kWeb, "guardduty/eu-west-1", "one"};
  finding.region = "eu-west-1";
  finding.product = "GuardDuty";
  finding.type = "Recon:IAMUser/MaliciousIPCaller";
  finding.title = finding.description = "A call";
  finding.first_seen_us = finding.last_seen_us = finding.created_us = finding.updated_us =
      time_of("2024-11-20T10:00:00Z");
  finding.resource_type = "AccessKey";
  finding.entities.push_back(
      {{EntityKind::kPrincipal, "AIDAEXAMPLEALICE0001", "alice"}, schema::FindingRole::kActor, ""});
  finding.entities.push_back({{EntityKind::kIpAddress, "198.51.100.7", ""}, schema::FindingRole::kRemote, ""});
  const std::string id = seed_.add_finding(finding);

  EXPECT_THAT(ids(ask({{"finding", id}})), ElementsAre(id_of(2)));
  EXPECT_THAT(ids(ask({{"finding", id}, {"from", "2024-11-01"}, {"to", "2024-12-01"}})),
              ElementsAre(id_of(2), id_of(1)));
  const auto other = ask({{"finding", id}, {"lane", "1"}, {"scope", "finding"}});
  EXPECT_THAT(ids(other), Not(IsEmpty()));
  EXPECT_THAT(ids(ask({{"finding", id}, {"region", "us-east-1"}})), IsEmpty());

  const auto unknown = activity(seed_.warehouse(), AccountScope::all(),
                                filter_of({{"finding", kWeb + "-" + std::string(32, '0')}}), 5, "");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::kNotFound);
  const auto foreign =
      activity(seed_.warehouse(), AccountScope::of({kOther}).value(), filter_of({{"finding", id}}), 5, "");
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().detail, unknown.error().detail);
  const auto no_lane =
      activity(seed_.warehouse(), AccountScope::all(), filter_of({{"finding", id}, {"lane", "99"}}), 5, "");
  ASSERT_FALSE(no_lane);
  EXPECT_EQ(no_lane.error().code, Code::kBadParameter);
}

TEST_F(ActivityTest, AccountsHaveTheirNames) {
  add_many(1);
  EXPECT_EQ(ask(all_days()).events.at(0).account_name, std::nullopt);
  seed_.admin_exec("UPDATE account SET name = 'prod-web'");
  EXPECT_EQ(ask(all_days()).events.at(0).account_name, "prod-web");
  const auto summary = activity_summary(seed_.warehouse(), AccountScope::all(), filter_of(all_days()));
  EXPECT_THAT(summary->account_names, ElementsAre(::testing::Optional(std::string("prod-web"))));
}

// ---- plans: what makes the core question fast must not get lost ----

// The plan of a listing as the reader executes it.
std::string plan_of(EventSeed& seed, const schema::Query& query, const std::string& arguments) {
  pqxx::connection connection(seed.api_connection_string());
  pqxx::nontransaction session(connection);
  session.exec("SET app.accounts = '*'");
  session.exec(
      "SET enable_sort = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_bitmapscan = off; "
      "SET enable_seqscan = off");
  session.exec(fmt::format("PREPARE question AS {}", query.text));
  std::string plan;
  for (const auto& row : session.exec("EXPLAIN (COSTS OFF) EXECUTE question (" + arguments + ")"))
    plan += row[0].as<std::string>() + "\n";
  return plan;
}

std::string common_arguments(const std::string& from_day, const std::string& to_day) {
  const std::string none = "'00000000-0000-0000-0000-000000000000'";
  std::string text = fmt::format("'{0}', '{1}', '{0}', '{1}', {2}, {2}, false", from_day, to_day, none);
  for (int i = 8; i <= 20; ++i) text += ", NULL";
  return text;
}

TEST_F(ActivityTest, ListingsWalkTheirIndexesInOrder) {
  std::vector<std::string> records;
  for (int day = 1; day <= 20; ++day) {
    Record record;
    record.event_id = id_of(day);
    record.time = fmt::format("2026-11-{:02}T10:00:00Z", day);
    records.push_back(record.json());
  }
  seed_.add_all(records);
  const std::string month = common_arguments("2026-11-01", "2026-11-30"),
                    two_days = common_arguments("2026-11-19", "2026-11-20");
  struct Listing {
    const schema::Query& query;
    std::string rest, index;
  };
  const std::vector<Listing> listings{{sql::event_page_by_principal, ", 1, 51", "principal_hash_event_time_idx"},
                                      {sql::event_page_by_session, ", 1, 51", "session_hash_event_time_idx"},
                                      {sql::event_page_by_access_key, ", 1, 51", "access_key_hash_event_time_idx"},
                                      {sql::event_page_by_instance, ", 1, 51", "instance_hash_event_time_idx"},
                                      {sql::event_page_by_ip_address, ", 1, 51", "ip_address_hash_event_time_idx"},
                                      {sql::event_page_by_user_agent, ", 1, 51", "user_agent_hash_event_time_idx"},
                                      {sql::event_page_on, ", 1, 51", "event_mention_20261120_20261121_pkey"},
                                      {sql::event_page_all, ", 51", "event_time_event_id_idx"}};
  for (const auto& [query, rest, index] : listings) {
    const auto plan = plan_of(seed_, query, month + rest);
    SCOPED_TRACE(std::string(query.name) + "\n" + plan);
    EXPECT_THAT(plan, HasSubstr("Merge Append"));
    EXPECT_THAT(plan, HasSubstr(index));
    EXPECT_THAT(plan, Not(HasSubstr("Seq Scan")));
    EXPECT_THAT(plan, Not(HasSubstr("Bitmap")));
    EXPECT_THAT(plan, Not(::testing::ContainsRegex("[>] +Sort"))) << "only an incremental sort of equal times";
    const auto narrow = plan_of(seed_, query, two_days + rest);
    EXPECT_THAT(narrow, HasSubstr("Subplans Removed")) << "days outside the range are not opened";
    EXPECT_THAT(narrow, Not(HasSubstr("20261118")));
  }
}

}  // namespace
}  // namespace backtrail::query
