// Every answer about events is the same whether days are rows, parts or both, and stays the same while they change from
// one to the other. Random filters are compared in activity_pgtest.cpp; here are the other questions, and readers that
// run beside a sealer.
#include <algorithm>
#include <atomic>
#include <functional>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "query/account_queries.hpp"
#include "query/entity/activity.hpp"
#include "query/entity/entity_profile.hpp"
#include "query/entity/entity_search.hpp"
#include "query/findings/summary.hpp"
#include "tests/db/event_world.hpp"

namespace backtrail::query {
namespace {

using namespace backtrail::testing;
using schema::AccountScope;
using schema::EntityKind;

constexpr int kEvents = 500;

std::string text_of(const OutcomeCounts& counts) {
  return fmt::format("{}/{}/{}", counts.ok, counts.denied, counts.failed);
}

std::string text_of(const EventGroups& groups) {
  std::string text =
      text_of(groups.totals) + fmt::format(" {} {}\n", groups.first_us.value_or(0), groups.last_us.value_or(0));
  for (const auto& api : groups.apis) text += fmt::format("{} {} {}\n", api.service, api.api, text_of(api.counts));
  for (const auto* list : {&groups.accounts, &groups.regions, &groups.ip_addresses, &groups.access_keys,
                           &groups.user_agents, &groups.sessions, &groups.principals}) {
    text += "-\n";
    for (const auto& value : *list)
      text += fmt::format("{} {} {} {} {}\n", value.value, value.name, text_of(value.counts), value.first_us,
                          value.last_us);
  }
  return text;
}

std::string text_of(const EventView& view) {
  return fmt::format("{} {} {} {} {} {} {} {} {}", view.position().time_us, to_string(view.position().event_id),
                     to_string(view.position().content_fp), view.event().account_id, view.received_us(),
                     view.event().flags, view.variant, view.damaged(), view.raw());
}

template <class T>
T checked(schema::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  return std::move(*result);
}

class SealedAnswersTest : public ::testing::Test {
 protected:
  SealedAnswersTest() {
    seed_.admin_exec("UPDATE retention_rule SET days = NULL");
    for (int n = 0; n < kEvents; ++n) records_.push_back(world_.record(n));
    // The same id with other content, on the same day.
    auto changed = nlohmann::ordered_json::parse(records_[5]);
    changed["userAgent"] = "changed";
    records_.push_back(changed.dump());
  }

  std::vector<schema::Entity> entities() {
    std::vector<schema::Entity> all{{EntityKind::kAccount, kWeb, {}}, {EntityKind::kResource, "arn:aws:s3:::logs", {}}};
    for (const auto& user : world_.users) all.push_back({EntityKind::kPrincipal, user, {}});
    for (const auto& role : world_.roles) {
      all.push_back({EntityKind::kPrincipal, role, {}});
      for (const auto& session : world_.sessions) all.push_back({EntityKind::kRoleSession, role + ":" + session, {}});
    }
    for (const auto& key : world_.keys) all.push_back({EntityKind::kAccessKey, key, {}});
    for (const auto& instance : world_.instances) all.push_back({EntityKind::kInstance, instance, {}});
    for (const auto& ip : world_.ips) all.push_back({EntityKind::kIpAddress, ip, {}});
    all.push_back({EntityKind::kPrincipal, "AIDAEXAMPLENOBODY001", {}});
    return all;
  }

  // All that can be asked of events but filtered lists, as text.
  std::string answers(const AccountScope& scope) {
    const auto& warehouse = seed_.warehouse();
    std::string text;
    for (const auto& entity : entities())
      for (const auto& range : {schema::TimeRange{time_of("2026-11-18T00:00:00Z"), time_of("2026-11-25T00:00:00Z")},
                                schema::TimeRange{time_of("2026-11-19T07:00:00Z"), time_of("2026-11-19T19:30:00Z")}}) {
        const auto profile = checked(entity_profile(warehouse, scope, entity, range));
        text += fmt::format("{}:{} {} {} {} {}\n", name_of(entity.kind), entity.key, profile.first_seen_us.value_or(0),
                            profile.last_seen_us.value_or(0), profile.named_total, profile.account_id.value_or("-"));
        for (const auto& fact : profile.facts) text += fact.label + "=" + fact.value + "\n";
        text += text_of(profile.groups);
      }
    for (const char* asked : {"AIDAEXAMPLE", "logs", "198.51.100.7", "i-0dbc91f429e48eeed", "AKIAEXAMPLEALICE0001"})
      for (const auto& found : checked(entity_search(warehouse, scope, asked, std::nullopt)))
        text +=
            fmt::format("{} {} {}\n", found.entity.key, found.account_id.value_or("-"), found.last_seen_us.value_or(0));
    for (const auto& account : checked(account_list(warehouse, scope)))
      text += fmt::format("{} {}\n", account.account_id, account.last_event_us.value_or(0));
    for (const auto& range : {schema::TimeRange{time_of("2026-11-18T00:00:00Z"), time_of("2026-11-25T00:00:00Z")},
                              schema::TimeRange{time_of("2026-11-19T10:00:00Z"), time_of("2026-11-19T10:40:00Z")},
                              schema::TimeRange{time_of("2026-11-19T03:00:00Z"), time_of("2026-11-21T03:00:00Z")}}) {
      SummaryRequest request;
      request.range = range;
      const auto figures = checked(summary(warehouse, scope, request));
      text += fmt::format("summary {} {} {}\n", figures.events.value_or(-1), figures.accounts_reporting,
                          figures.accounts_registered);
    }
    for (int n = -1; n < kEvents; n += 7) {
      schema::Uuid id;
      schema::parse_uuid(n < 0 ? id_of(5) : id_of(n), id);
      for (const auto& view : checked(events_by_id(warehouse, scope, id, 10))) {
        text += text_of(view) + "\n";
        text += text_of(checked(event_by_key(warehouse, scope, event_key(view)))) + "\n";
      }
      const auto newest = event_by_key(warehouse, scope, id_of(n < 0 ? 5 : n));
      text += newest ? text_of(*newest) + "\n" : newest.error().detail + "\n";
    }
    text += exported(scope, {});
    text += exported(scope, {{"ip_address", "198.51.100.7"}, {"api", "Get*"}});
    return text;
  }

  std::string exported(const AccountScope& scope, std::vector<Parameter> parameters) {
    parameters.emplace_back("from", "2026-11-18T00:00:00Z");
    parameters.emplace_back("to", "2026-11-25T00:00:00Z");
    const auto filter = parse_event_filter(parameters, time_of("2026-11-25T00:00:00Z"));
    auto stream = ActivityExport::open(seed_.warehouse(), scope, checked(filter));
    std::string text;
    while (!stream->at_end())
      for (const auto& view : checked(stream->next())) text += text_of(view) + "\n";
    return text;
  }

  World world_{std::mt19937(20'261'121)};
  std::vector<std::string> records_;
  EventSeed seed_;
};

TEST_F(SealedAnswersTest, AreThoseOfRows) {
  const auto half = static_cast<std::ptrdiff_t>(records_.size() / 2);
  seed_.add_all({records_.begin(), records_.begin() + half});
  const auto scope = AccountScope::of({kWeb, kAudit}).value();
  seed_.add_all({records_.begin() + half, records_.end()});
  const std::string all = answers(AccountScope::all()), some = answers(scope), none = answers(AccountScope::none());
  EXPECT_GT(all.size(), 100'000U);
  EXPECT_EQ(seed_.seal(), records_.size());
  EXPECT_EQ(answers(AccountScope::all()), all);
  EXPECT_EQ(answers(scope), some);
  EXPECT_EQ(answers(AccountScope::none()), none);
  seed_.unseal();
  EXPECT_EQ(answers(AccountScope::all()), all);
}

TEST_F(SealedAnswersTest, AreThoseOfRowsInAnyMixture) {
  seed_.add_all(records_);
  const auto scope = AccountScope::of({kWeb, kAudit}).value();
  const std::string all = answers(AccountScope::all()), some = answers(scope);
  // Late events: what was sealed comes again, is a duplicate, and the rest is new.
  seed_.admin_exec(
      "DELETE FROM event_mention AS m USING api_event AS e WHERE m.event_id = e.event_id AND "
      "e.event_id::text LIKE '%0'; DELETE FROM api_event WHERE event_id::text LIKE '%0'");
  seed_.seal();
  seed_.add_all(records_);
  EXPECT_EQ(answers(AccountScope::all()), all) << "parts, and late rows";
  EXPECT_EQ(answers(scope), some);
  seed_.seal(schema::day_of(time_of("2026-11-19T00:00:00Z")));
  EXPECT_EQ(answers(AccountScope::all()), all) << "a day of two parts";
  EXPECT_EQ(answers(scope), some);
}

TEST_F(SealedAnswersTest, AreTheSameWhenPartsAreMerged) {
  if (EventSeed::seals_everything()) GTEST_SKIP() << "what a day has more is told by rows";
  const auto scope = AccountScope::of({kWeb, kAudit}).value();
  seed_.add_all(records_);
  const std::string all = answers(AccountScope::all()), some = answers(scope);
  seed_.admin_exec("DELETE FROM event_mention; DELETE FROM api_event");
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<std::string> third;
    for (std::size_t n = i; n < records_.size(); n += 3) third.push_back(records_[n]);
    seed_.add_all(third);
    seed_.seal();
  }
  EXPECT_EQ(answers(AccountScope::all()), all);
  EXPECT_GT(seed_.merge(), 20U);
  EXPECT_EQ(answers(AccountScope::all()), all);
  EXPECT_EQ(answers(scope), some);
  EXPECT_EQ(seed_.merge(), 0U);
}

// What is asked of everybody comes from the figures of parts where those tell it; it is what the events themselves say.
TEST_F(SealedAnswersTest, FiguresOfTheOrganisationAreThoseOfItsEvents) {
  seed_.add_all(records_);
  const std::vector<std::vector<Parameter>> questions{{},
                                                      {{"service", "s3"}},
                                                      {{"service", "!s3"}, {"region", "eu-west-1"}},
                                                      {{"api", "Get*"}, {"outcome", "denied"}},
                                                      {{"outcome", "ok,failed"}},
                                                      {{"region", "!us-east-1"}, {"account_id", kWeb}},
                                                      {{"account_id", std::string("!") + kWeb}, {"api", "!Get*"}},
                                                      {{"event_class", "data"}, {"service", "s3"}},
                                                      {{"error_code", "AccessDenied"}},
                                                      {{"read_only", "true"}}};
  const std::vector<std::pair<std::string, std::string>> ranges{{"2026-11-18T00:00:00Z", "2026-11-25T00:00:00Z"},
                                                                {"2026-11-19T10:00:00Z", "2026-11-21T13:00:00Z"},
                                                                {"2026-11-19T10:20:30Z", "2026-11-20T01:59:59Z"}};
  const auto told = [&](const AccountScope& scope) {
    std::string text;
    for (const auto& question : questions)
      for (const auto& [from, to] : ranges) {
        auto parameters = question;
        parameters.emplace_back("from", from);
        parameters.emplace_back("to", to);
        const auto filter = checked(parse_event_filter(parameters, time_of("2026-11-25T00:00:00Z")));
        std::uint64_t total = 0;
        for (const std::size_t buckets_max : {3U, 30U, 300U, 400U}) {
          std::uint64_t sum = 0;
          for (const auto& bucket : checked(activity_volume(seed_.warehouse(), scope, filter, buckets_max)).buckets) {
            sum += bucket.counts.total();
            if (bucket.counts.total() > 0) text += fmt::format("{} {}\n", bucket.at_us, text_of(bucket.counts));
          }
          EXPECT_TRUE(buckets_max == 3U || sum == total) << from;
          total = sum;
        }
        const auto page = checked(activity(seed_.warehouse(), scope, filter, 1000, ""));
        EXPECT_EQ(page.total, total);
        EXPECT_EQ(page.events.size(), total);
        text += std::to_string(total) + "\n";
      }
    return text;
  };
  const auto scope = AccountScope::of({kWeb, kAudit}).value();
  const std::string all = told(AccountScope::all()), some = told(scope);
  EXPECT_GT(all.size(), 10'000U);
  seed_.seal();
  EXPECT_EQ(told(AccountScope::all()), all);
  EXPECT_EQ(told(scope), some);
}

// Days whose tables of rows are empty are not asked; others are.
TEST_F(SealedAnswersTest, DaysWithoutRowsAreKnown) {
  if (EventSeed::seals_everything()) GTEST_SKIP() << "every day is without rows";
  const auto days = [&]() -> std::string {
    std::string text = "none";
    const auto read = seed_.warehouse().database.read(AccountScope::all(), [&](auto& tx) -> schema::Result<int> {
      if (const auto found = row_days(tx, schema::day_of(time_of("2026-11-18T00:00:00Z")),
                                      schema::day_of(time_of("2026-11-24T00:00:00Z"))))
        text = schema::format_day(found->first) + " " + schema::format_day(found->last);
      return 0;
    });
    return read ? text : read.error().detail;
  };
  EXPECT_EQ(days(), "none");
  seed_.add_all(records_);
  const std::string all = answers(AccountScope::all());
  const auto before = days();
  EXPECT_EQ(before, seed_.admin_exec("SELECT min(event_day) || ' ' || max(event_day) FROM api_event")[0][0].c_str());
  seed_.seal();
  EXPECT_EQ(days(), before) << "older snapshots may still see the rows";
  seed_.admin_exec("VACUUM api_event");
  EXPECT_EQ(days(), "none");
  EXPECT_EQ(answers(AccountScope::all()), all);
  seed_.unseal();
  EXPECT_EQ(days(), before);
  EXPECT_EQ(answers(AccountScope::all()), all);
}

// While days change their form, a reader always counts and lists the same events.
class SealedReadersTest : public SealedAnswersTest {
 protected:
  // Reads beside somebody who goes on and on with `change`.
  void read_beside(const std::function<void()>& change) {
    std::atomic<bool> stop = false;
    std::thread changer([&] {
      while (!stop) change();
    });
    const std::vector<std::vector<Parameter>> questions{
        {}, {{"ip_address", "198.51.100.7"}}, {{"principal", "AIDAEXAMPLEALICE0001"}, {"region", "eu-west-1"}}};
    std::vector<std::string> expected(questions.size());
    int changed_forms = 0, last_parts = -1;
    for (int round = 0; round < 40; ++round) {
      for (std::size_t i = 0; i < questions.size(); ++i) {
        const std::string text = told(questions[i]);
        if (round == 0) expected[i] = text;
        EXPECT_EQ(text, expected[i]);
      }
      const int parts = seed_.admin_exec("SELECT count(*) FROM event_part")[0][0].as<int>();
      if (parts != last_parts) ++changed_forms;
      last_parts = parts;
    }
    stop = true;
    changer.join();
    EXPECT_GT(changed_forms, 3) << "nothing changed meanwhile";
    EXPECT_GT(std::stoi(expected[0]), 400);
  }

 private:
  std::string told(std::vector<Parameter> parameters) {
    parameters.emplace_back("from", "2026-11-18T00:00:00Z");
    parameters.emplace_back("to", "2026-11-25T00:00:00Z");
    const auto filter = parse_event_filter(parameters, time_of("2026-11-25T00:00:00Z"));
    const auto page = activity(seed_.warehouse(), AccountScope::all(), *filter, 1000, "");
    EXPECT_TRUE(page.has_value()) << (page ? "" : page.error().detail);
    if (!page) return {};
    EXPECT_EQ(page->total, page->events.size());
    std::string text = std::to_string(page->total) + "\n";
    for (const auto& view : page->events) text += text_of(view) + "\n";
    return text;
  }
};

TEST_F(SealedReadersTest, SeeTheSameWhileDaysAreSealed) {
  seed_.add_all(records_);
  read_beside([&] {
    seed_.seal();
    seed_.unseal();
  });
}

TEST_F(SealedReadersTest, SeeTheSameWhilePartsAreMerged) {
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<std::string> third;
    for (std::size_t n = i; n < records_.size(); n += 3) third.push_back(records_[n]);
    seed_.add_all(third);
    seed_.seal();
  }
  pqxx::connection connection(seed_.admin_connection_string());
  pqxx::nontransaction session(connection);
  session.exec("SET search_path = backtrail");
  std::string restore;
  for (const char* table : {"event_part", "event_piece", "event_directory"}) {
    session.exec(fmt::format("CREATE TEMP TABLE saved_{0} AS SELECT * FROM {0}", table));
    restore += fmt::format("DELETE FROM {0}; INSERT INTO {0} SELECT * FROM saved_{0}; ", table);
  }
  read_beside([&] {
    EXPECT_GT(seed_.merge(), 20U);
    session.exec(restore);
  });
}

// Two entities with one hash, each in parts of its own: what one of a part's hits proves is true of that part alone.
TEST_F(SealedAnswersTest, EntitiesWithOneHashAreNotMixedAcrossParts) {
  if (EventSeed::seals_everything()) GTEST_SKIP() << "hashes are forged in rows";
  std::vector<std::string> records;
  for (int n = 0; n < 60; ++n) {
    Record record;  // alice's on even days
    record.event_id = id_of(n);
    record.time = fmt::format("2026-11-{}T10:{:02}:00Z", 10 + n / 10, n % 10);
    if (n / 10 % 2 == 1) record.identity = Record::user("AIDAEXAMPLEBOB000001", "bob", kWeb, "AKIAEXAMPLEBOB000001");
    records.push_back(record.json());
  }
  seed_.add_all(records);
  const auto hash = schema::entity_hash(seed_.warehouse().hash_key, EntityKind::kPrincipal, "AIDAEXAMPLEALICE0001");
  seed_.admin_exec(fmt::format("UPDATE api_event SET principal_hash = {}", hash));
  seed_.seal();
  // The last two days are rows again: parts and rows are asked together.
  for (const int day : {14, 15})
    ASSERT_TRUE(ingest::seal::unseal_day(
        seed_.maintenance(), schema::day_of(time_of(fmt::format("2026-11-{}T00:00:00Z", day))), std::nullopt));
  const std::vector<Parameter> parameters{
      {"from", "2026-11-01"}, {"to", "2026-11-25"}, {"principal", "AIDAEXAMPLEALICE0001"}};
  const auto filter = checked(parse_event_filter(parameters, time_of("2026-11-25T00:00:00Z")));
  for (const std::size_t limit : {1U, 4U, 10U, 1000U}) {
    std::vector<std::string> expected, listed;
    for (int n = 59; n >= 0; --n)
      if (n / 10 % 2 == 0) expected.push_back(id_of(n));
    std::string cursor;
    do {
      const auto page = checked(activity(seed_.warehouse(), AccountScope::all(), filter, limit, cursor));
      for (const auto& view : page.events) {
        listed.push_back(to_string(view.position().event_id));
        EXPECT_THAT(view.matched(), ::testing::SizeIs(1));
      }
      cursor = page.next_cursor.value_or("");
    } while (!cursor.empty());
    EXPECT_EQ(listed, expected) << limit;
  }
}

// What is kept of a part is kept under its content: another part in its place, or another caller, gets nothing of it.
TEST_F(SealedAnswersTest, WhatIsKeptOfAPartIsNotGivenForAnother) {
  const auto day_of_all = [&](int n, std::string_view day) {
    auto record = nlohmann::ordered_json::parse(world_.record(n));
    record["eventTime"] = fmt::format("{}T10:{:02}:{:02}Z", day, n / 60 % 60, n % 60);
    return record.dump();
  };
  std::vector<std::string> records;
  for (int n = 0; n < 200; ++n) records.push_back(day_of_all(n, "2026-11-20"));
  seed_.add_all(records);
  const std::string rows = answers(AccountScope::all());
  const auto scope = AccountScope::of({kAudit}).value();
  const std::string some = answers(scope);
  const auto digests = [&] {
    return std::string(
        seed_
            .admin_exec(
                "SELECT string_agg(encode(digest, 'hex'), ' ' ORDER BY account_id, part_no) FROM event_part")[0][0]
            .c_str());
  };
  seed_.seal();
  const std::string first = digests();
  for (int again = 0; again < 2; ++again) EXPECT_EQ(answers(AccountScope::all()), rows);
  EXPECT_EQ(answers(scope), some) << "what another caller had opened";
  EXPECT_EQ(answers(AccountScope::none()).find("2026"), std::string::npos);
  seed_.unseal();
  seed_.admin_exec(
      "DELETE FROM event_mention AS m USING api_event AS e WHERE m.event_id = e.event_id AND e.event_id::text LIKE "
      "'%3'; "
      "DELETE FROM api_event WHERE event_id::text LIKE '%3'");
  const std::string fewer = answers(AccountScope::all());
  EXPECT_NE(fewer, rows);
  seed_.seal();
  EXPECT_NE(digests(), first);
  for (int again = 0; again < 2; ++again) EXPECT_EQ(answers(AccountScope::all()), fewer);
}

// What cannot be read must not look like what never happened.
TEST_F(SealedAnswersTest, ADamagedPartIsAnErrorAndNotSilence) {
  // Parts of their own: what other tests had opened of equal parts would answer.
  for (auto& record : records_) {
    auto json = nlohmann::ordered_json::parse(record);
    json["additionalEventData"] = {{"stands", "in a damaged part"}};
    record = json.dump();
  }
  seed_.add_all(records_);
  seed_.seal();
  seed_.admin_exec("UPDATE event_piece SET bytes = set_byte(bytes, 0, 9) WHERE kind = 4");
  const std::vector<Parameter> parameters{{"from", "2026-11-18"}, {"to", "2026-11-25"}};
  const auto filter = parse_event_filter(parameters, time_of("2026-11-25T00:00:00Z"));
  const auto page = activity(seed_.warehouse(), AccountScope::all(), *filter, 10, "");
  ASSERT_FALSE(page.has_value());
  EXPECT_THAT(page.error().detail, ::testing::HasSubstr("backtrail verify"));
  seed_.admin_exec("DELETE FROM event_piece WHERE kind = 3 AND account_id = (SELECT min(account_id) FROM event_piece)");
  const auto volume = activity_volume(seed_.warehouse(), AccountScope::all(), *filter, 30);
  ASSERT_FALSE(volume.has_value());
  EXPECT_THAT(volume.error().detail, ::testing::HasSubstr("lacks its figures"));
}

}  // namespace
}  // namespace backtrail::query
