#include "ingest/reconcile/reconcile.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <fmt/format.h>
#include <future>
#include <map>
#include <tuple>

#include "ingest/admission.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::ingest {
namespace {

using schema::Result;
using schema::TimeUs;
using schema::Uuid;

struct StoredRow {
  Uuid finding_uid;
  TimeUs updated_at;
};
BOOST_DESCRIBE_STRUCT(StoredRow, (), (finding_uid, updated_at))

struct KnownId {
  std::string provider_id, account_id, region;
  std::optional<std::string> detector_id;
  bool archived;
};
BOOST_DESCRIBE_STRUCT(KnownId, (), (provider_id, account_id, region, detector_id, archived))

constexpr std::size_t kAskedAtOnce = 5000;

using StoredTimes = std::map<Uuid, std::int64_t>;

// When each of the listed findings that the warehouse has was last updated there.
Result<StoredTimes> read_stored(schema::Database& database, const SourceList& list) {
  return database.read(schema::AccountScope::all(), [&](schema::Transaction& tx) -> Result<StoredTimes> {
    StoredTimes stored;
    std::vector<std::string> accounts, uids;
    const auto ask = [&] {
      for (const auto& row : schema::rows_as<StoredRow>(
               tx.exec(sql::reconcile_findings, schema::array_literal(accounts), schema::array_literal(uids))))
        stored[row.finding_uid] = row.updated_at.us;
      accounts.clear();
      uids.clear();
    };
    for (const auto& [uid, listed] : list.findings()) {
      accounts.push_back(listed.finding.identity.account_id);
      uids.push_back(to_string(uid));
      if (uids.size() == kAskedAtOnce) ask();
    }
    if (!uids.empty()) ask();
    return stored;
  });
}

using KnownIds = std::map<std::string, KnownId>;

Result<KnownIds> read_known_ids(schema::Database& database, const SourceList& list) {
  if (list.ids().empty()) return KnownIds{};
  return database.read(schema::AccountScope::all(), [&](schema::Transaction& tx) -> Result<KnownIds> {
    std::vector<std::string> ids;
    for (const auto& [id, file] : list.ids()) ids.push_back(id);
    KnownIds known;
    for (auto& row : schema::rows_as<KnownId>(tx.exec(sql::reconcile_ids, schema::array_literal(ids))))
      known.emplace(row.provider_id, std::move(row));
    return known;
  });
}

class Report {
 public:
  ReconcileCounts& at(const std::string& account_id, const std::string& region, const std::string& product) {
    return rows_[{account_id, region, product}];
  }
  ReconcileReport finish() {
    for (auto& [key, counts] : rows_) {
      report.total.add(counts);
      report.rows.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), counts});
    }
    BACKTRAIL_ASSERT(report.total.balances());
    return std::move(report);
  }
  ReconcileReport report;

 private:
  std::map<std::tuple<std::string, std::string, std::string>, ReconcileCounts> rows_;
};

bool has_listed_state(const StoredTimes& stored, const Uuid& uid, const schema::Finding& finding) {
  const auto found = stored.find(uid);
  return found != stored.end() && found->second >= finding.updated_us;
}

bool is_expired(const schema::Finding& finding, const Admission& admission) {
  const auto refused = refuse(finding, admission);
  return refused && refused->detail.starts_with(reason::kTooOld);
}

// The findings whose content is listed; gives the uids to load.
std::vector<Uuid> compare_findings(const SourceList& list, const StoredTimes& stored, const Admission& admission,
                                   Report& report) {
  std::vector<Uuid> to_load;
  for (const auto& [uid, listed] : list.findings()) {
    const schema::Finding& f = listed.finding;
    ReconcileCounts& counts = report.at(f.identity.account_id, f.region, f.product);
    ++counts.listed;
    if (f.archived) ++counts.archived;
    if (has_listed_state(stored, uid, f)) {
      ++counts.received;
      continue;
    }
    if (is_expired(f, admission)) {
      ++counts.expired;
      continue;
    }
    const bool behind = stored.contains(uid);
    ++(behind ? counts.behind : counts.missed);
    to_load.push_back(uid);
    report.report.missed.push_back({f.identity.account_id, f.region, f.product, f.identity.provider_id, f.type, behind,
                                    f.archived, false, listed.file});
  }
  return to_load;
}

// What list-findings is called with: ids of one file come from one detector, which the received ones know.
struct Detector {
  std::string region, detector_id;
  bool unclear = false;

  void learn(const KnownId& known) {
    const auto take = [](std::string& mine, const std::string& theirs) {
      if (mine.empty()) mine = theirs;
      return mine == theirs;
    };
    if (!take(region, known.region)) unclear = true;
    if (!take(detector_id, known.detector_id.value_or(""))) detector_id = "-";
  }
};

// Only what needs no quoting goes into a command.
std::string word_or(const std::string& text, const char* otherwise) {
  const bool plain = !text.empty() && text != "-" && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  }) && text.front() != '-';
  return plain ? text : otherwise;
}

void add_fetch_commands(const std::vector<std::string>& ids, const Detector& detector, ReconcileReport& report) {
  for (std::size_t at = 0; at < ids.size(); at += kFetchIdsMax) {
    std::string command = fmt::format("aws guardduty get-findings --region {} --detector-id {} --finding-ids",
                                      word_or(detector.unclear ? "" : detector.region, "REGION"),
                                      word_or(detector.unclear ? "" : detector.detector_id, "DETECTOR_ID"));
    for (std::size_t i = at; i < std::min(ids.size(), at + kFetchIdsMax); ++i) command += " " + ids[i];
    report.fetch_commands.push_back(fmt::format("{} > missed-{}.json", command, report.fetch_commands.size() + 1));
  }
}

void compare_ids(const SourceList& list, const KnownIds& known, Report& report) {
  constexpr const char* kProduct = "GuardDuty";
  std::map<std::size_t, Detector> detectors;
  for (const auto& [id, file] : list.ids())
    if (const auto found = known.find(id); found != known.end()) detectors[file].learn(found->second);
  std::map<std::size_t, std::vector<std::string>> missing;
  for (const auto& [id, file] : list.ids()) {
    const auto found = known.find(id);
    if (found != known.end()) {
      ReconcileCounts& counts = report.at(found->second.account_id, found->second.region, kProduct);
      ++counts.listed;
      ++counts.received;
      if (found->second.archived) ++counts.archived;
      continue;
    }
    const Detector& detector = detectors[file];
    const std::string region = detector.unclear ? "" : detector.region;
    ReconcileCounts& counts = report.at("", region, kProduct);
    ++counts.listed;
    ++counts.missed;
    report.report.missed.push_back({"", region, kProduct, id, "", false, false, false, file});
    missing[file].push_back(id);
  }
  for (const auto& [file, ids] : missing) add_fetch_commands(ids, detectors[file], report.report);
}

// One delivery a file, of exactly the records that are missing.
Result<Receipt> load(const SourceList& list, const std::vector<Uuid>& uids, Pipeline& pipeline, std::int64_t now_us) {
  std::map<std::size_t, std::string> bodies;
  for (const Uuid& uid : uids) {
    const auto& listed = list.findings().at(uid);
    bodies[listed.file] += listed.finding.raw + "\n";
  }
  Receipt sum;
  for (auto& [file, body] : bodies) {
    Delivery delivery;
    delivery.id.bytes = schema::random_hash_key().bytes;
    delivery.door = "reconcile";
    delivery.origin = list.files()[file];
    delivery.body = std::move(body);
    delivery.scope = schema::AccountScope::all();
    delivery.received_us = now_us;
    std::promise<Receipt> done;
    pipeline.submit_when_room(std::move(delivery), [&done](const Receipt& receipt) { done.set_value(receipt); });
    const Receipt receipt = done.get_future().get();
    if (receipt.error) return *receipt.error;
    sum.add(receipt);
  }
  return sum;
}

// Which of the missed ones the warehouse has now.
Result<void> count_loaded(const SourceList& list, const std::vector<Uuid>& loaded, schema::Database& database,
                          Report& report) {
  const auto stored = read_stored(database, list);
  if (!stored) return stored.error();
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    const schema::Finding& f = list.findings().at(loaded[i]).finding;
    if (!has_listed_state(*stored, loaded[i], f)) continue;
    report.report.missed[i].loaded = true;
    ++report.at(f.identity.account_id, f.region, f.product).loaded;
  }
  return {};
}

}  // namespace

void ReconcileCounts::add(const ReconcileCounts& other) {
  listed += other.listed;
  received += other.received;
  behind += other.behind;
  missed += other.missed;
  expired += other.expired;
  archived += other.archived;
  loaded += other.loaded;
}

Result<ReconcileReport> reconcile(const SourceList& list, schema::Database& database, Pipeline* pipeline,
                                  const ReconcileOptions& options) {
  const auto rules = schema::read_retention_rules(database);
  if (!rules) return rules.error();
  const auto stored = read_stored(database, list);
  if (!stored) return stored.error();
  const auto known = read_known_ids(database, list);
  if (!known) return known.error();
  const auto all = schema::AccountScope::all();
  Report report;
  const auto to_load = compare_findings(list, *stored, {&all, &*rules, options.now_us}, report);
  compare_ids(list, *known, report);
  if (options.load && pipeline != nullptr && !to_load.empty()) {
    auto receipt = load(list, to_load, *pipeline, options.now_us);
    if (!receipt) return receipt.error();
    report.report.receipt = std::move(*receipt);
    if (const auto ok = count_loaded(list, to_load, database, report); !ok) return ok.error();
  }
  return report.finish();
}

}  // namespace backtrail::ingest
