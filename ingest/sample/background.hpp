// The ordinary life of the organisation: what makes the stories hard to see.
//
// For one unit (account, Region, stretch of time) and a number of events it plans exactly that many, as bursts: an
// instance's heartbeats, a function's calls, somebody browsing the console, a Terraform run, a security scanner's
// sweep. Which bursts there are depends on the kind of account and the hour; who makes them is drawn with a
// Zipf-like law, so a few principals are very busy and most are rare. Everything follows from the unit's seed.
// Immutable after construction; safe to share between threads.
#pragma once
#include <array>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "ingest/sample/catalogue.hpp"
#include "ingest/sample/organisation.hpp"
#include "ingest/sample/plan.hpp"
#include "ingest/sample/rng.hpp"

namespace backtrail::ingest::sample {

// Zipf's law without floating point: an index in [0, n) that is drawn in proportion to 1 / (index + 1), roughly.
std::size_t zipf(Rng& rng, std::size_t n);

// How busy people are in this hour of the week, of 100 (UTC, over an organisation on three continents).
int human_activity(std::int64_t seconds);
// The same for one person with working hours of their own.
int working_activity(std::int64_t seconds, int utc_offset_hours);

class Background {
 public:
  Background(const Organisation& organisation, const Catalogue& catalogue);

  void plan(std::uint32_t events, Plan& plan) const;

 private:
  // What one burst is made from. `budget` is the largest number of events that it may have.
  struct Making {
    Plan& plan;
    Rng& rng;
    const Account& account;
    int region;
    std::int64_t begin;
    std::int64_t end;
    std::uint32_t budget;
  };
  using Calls = std::vector<ApiIndex>;
  // What each kind of burst calls.
  struct CallLists {
    Calls beats, function_pool, workload_pool, service_keys, service_events, recorder, scaling, scaling_writes,
        inspection, backups, objects, exporter, patching, patched_host, pages, page_writes, terminal, portal, plan,
        apply, deploy, audit, analytics, root;
  };
  using Maker = void (Background::*)(Making&) const;
  struct Kind {
    Maker maker;
    int length;  // of its bursts, on average
    // Its share of the events by kind of account: workload, data, shared, security, quiet. Of about 1000.
    std::array<int, 5> shares;
    bool human;  // more by day and on weekdays
  };
  static const std::array<Kind, 21> kKinds;

  // Machines (background_machines.cpp).
  void heartbeats(Making& m) const;
  void function_calls(Making& m) const;
  void workload_calls(Making& m) const;
  void service_keys(Making& m) const;
  void configuration_recorder(Making& m) const;
  void scaling_group(Making& m) const;
  void service_linked_scan(Making& m) const;
  void backups(Making& m) const;
  void object_traffic(Making& m) const;
  void exporter(Making& m) const;
  void patching(Making& m) const;
  // People (background_people.cpp).
  void console_browsing(Making& m) const;
  void terminal(Making& m) const;
  void portal(Making& m) const;
  void failed_logins(Making& m) const;
  void root_login(Making& m) const;
  // Automation (background_automation.cpp).
  void terraform(Making& m) const;
  void deployment(Making& m) const;
  void security_sweep(Making& m) const;
  void vendor_sweep(Making& m) const;
  void analytics(Making& m) const;

  [[nodiscard]] Calls calls(std::initializer_list<std::string_view> names) const;
  [[nodiscard]] CallLists call_lists() const;  // background_calls.cpp
  [[nodiscard]] bool allowed(const Making& m, ApiIndex api) const;
  // One of the calls that can happen in this account and Region.
  [[nodiscard]] ApiIndex pick(Making& m, const Calls& from) const;
  [[nodiscard]] std::int64_t some_time(Making& m) const;
  // The same, but rather when the organisation's customers and staff are awake.
  [[nodiscard]] std::int64_t busy_time(Making& m) const;
  // A time when this person works, or close to one.
  [[nodiscard]] std::int64_t working_time(Making& m, const Person& person) const;
  // Adds up to `count` calls of `from`, `gap_s` apart on average. Returns when the last one was.
  std::int64_t scatter(Making& m, std::uint32_t burst, const Calls& from, std::uint32_t count, std::int64_t start,
                       std::int64_t gap_s, unsigned denied_per_mille) const;
  // The calls of `list` in order, from a random one on, as a tool makes them.
  std::int64_t sweep(Making& m, std::uint32_t burst, const Calls& list, std::uint32_t count, std::int64_t start,
                     unsigned calls_per_second, unsigned denied_per_mille) const;
  // One AssumeRole by an AWS service, which issues the key made from `issued_seed`.
  void service_assumes(Making& m, std::string_view service, const Role& role, std::string_view session,
                       std::uint64_t issued_seed, std::int64_t when) const;
  Burst role_burst(Making& m, const Role& role, std::string_view session, std::uint64_t key_seed, std::int64_t created,
                   std::string_view ip, std::string_view agent) const;

  const Organisation& organisation_;
  const Catalogue& catalogue_;
  ApiIndex assume_role_, assume_web_, caller_identity_, console_login_, switch_role_, heartbeat_;
  CallLists lists_;
};

}  // namespace backtrail::ingest::sample
