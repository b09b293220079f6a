#include "ingest/seal/merger.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <boost/describe.hpp>
#include <fmt/format.h>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "ingest/load/binary_array.hpp"
#include "ingest/seal/part_writer.hpp"
#include "ingest/seal/row_reader.hpp"
#include "schema/pg/hex_bytes.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::ingest::seal {

struct MergeDayRow {
  schema::TimeUs day, sealed_at;
};
BOOST_DESCRIBE_STRUCT(MergeDayRow, (), (day, sealed_at))

namespace {

using schema::Code;
using schema::PartHead;
using schema::Result;
using schema::SealedEvent;
using schema::Transaction;

// Posting lists of so many events are asked for together.
constexpr std::size_t kListsEvents = 20'000;

using AccountClass = std::pair<std::string, schema::EventClass>;

// Why parts of an account and class stay apart. An exception, so that the run is undone.
struct MergeRefusal {
  AccountClass group;
  std::string why;
};

struct RunOutcome {
  std::uint64_t events = 0, parts_before = 0, parts_after = 0;
  bool mine = true;   // false: somebody else has the day
  bool done = false;  // nothing was left to merge
};

// Begins the transaction of a run; false: somebody else seals, merges, unseals or imports parts of the day.
bool begin_run(SealStatements& statements, std::int32_t day) {
  // Before anything is read: the snapshot begins with the first statement that reads.
  statements.exec_text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  statements.exec_text("SET LOCAL statement_timeout = 0");
  return statements.exec(sql::seal_lock_run, day)[0][0].as<bool>();
}

std::vector<SealedEvent> in_part_order(std::vector<std::vector<SealedEvent>> parts) {
  // Pointers are sorted, not events, which are large.
  std::vector<SealedEvent*> order;
  for (auto& part : parts)
    for (auto& event : part) order.push_back(&event);
  std::sort(order.begin(), order.end(),
            [](const SealedEvent* a, const SealedEvent* b) { return schema::comes_before(*a, *b); });
  std::vector<SealedEvent> events;
  events.reserve(order.size());
  for (SealedEvent* event : order) events.push_back(std::move(*event));
  return events;
}

// In each part a hash is one entity: that was seen to when it was written. What two parts have in common is compared by
// one event of each, since to read the records of all would be a third of the work.
std::vector<SealedEvent> witnesses(const std::vector<std::vector<SealedEvent>>& parts) {
  std::unordered_map<std::int64_t, int> in_parts;
  for (const auto& events : parts)
    for (const std::int64_t hash : entities_of(events)) ++in_parts[hash];
  std::vector<SealedEvent> chosen;
  for (const auto& events : parts) {
    std::unordered_set<std::int64_t> told;
    for (const auto& event : events) {
      bool tells = false;
      const auto look_at = [&](std::int64_t hash) {
        if (hash != 0 && in_parts.at(hash) > 1 && told.insert(hash).second) tells = true;
      };
      std::for_each(event.by.begin(), event.by.end(), look_at);
      std::for_each(event.mentions.begin(), event.mentions.end(), look_at);
      if (tells) chosen.push_back(event);
    }
  }
  return chosen;
}

bool holds_one_twice(const std::vector<SealedEvent>& events) {
  std::vector<std::pair<schema::Uuid, schema::Uuid>> names;
  names.reserve(events.size());
  for (const auto& event : events) names.emplace_back(event.event_id, event.content_fp);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

// One transaction: sets of parts, until there are enough events.
class MergeRun {
 public:
  MergeRun(Transaction& tx, const schema::HashKey& key, std::int32_t day, const MergeOptions& options,
           const std::set<AccountClass>& left_out)
      : statements_(tx, options.before_statement), key_(key), day_(day), options_(options), left_out_(left_out) {}

  Result<RunOutcome> run() {
    RunOutcome outcome;
    outcome.mine = begin_run(statements_, day_);
    if (!outcome.mine) return outcome;
    auto parts = schema::list_parts(statements_.transaction(), day_, day_, std::nullopt);
    for (const auto& part : parts) {
      int& next = next_no_[part.key.account_id];
      next = std::max(next, part.key.part_no + 1);
    }
    std::erase_if(parts, [&](const PartHead& part) { return left_out_.contains(group_of(part)); });
    const auto sets = plan_merges(parts, options_.limits.events);
    outcome.done = sets.empty();
    if (outcome.done) return outcome;
    for (const auto& set : sets) {
      if (outcome.events >= options_.run_events) break;
      if (auto ok = merge(set, outcome); !ok) return ok.error();
    }
    if (auto ok = write(); !ok) return ok.error();
    if (auto ok = remove_old(outcome); !ok) return ok.error();
    return outcome;
  }

 private:
  static AccountClass group_of(const PartHead& part) { return {part.key.account_id, part.event_class}; }

  // The events of as many parts of the set as one part takes.
  std::vector<std::vector<SealedEvent>> read(const std::vector<PartHead>& set) {
    std::vector<std::vector<SealedEvent>> parts;
    std::size_t bytes = 0;
    for (const auto& part : set) {
      auto more = schema::read_part_events(statements_.transaction(), part);
      if (!more) throw MergeRefusal{group_of(part), "a part is damaged: " + more.error().detail};
      const auto size = std::accumulate(more->begin(), more->end(), std::size_t{0},
                                        [](std::size_t sum, const auto& event) { return sum + event.raw.size(); });
      if (!parts.empty() && bytes + size > options_.limits.raw_bytes) continue;
      bytes += size;
      old_.push_back(part.key);
      parts.push_back(std::move(*more));
    }
    if (parts.size() < 2) throw MergeRefusal{group_of(set.front()), "their records are too large for one part"};
    return parts;
  }

  Result<void> merge(const std::vector<PartHead>& set, RunOutcome& outcome) {
    const AccountClass group = group_of(set.front());
    auto parts = read(set);
    try {
      refuse_collisions(group.first, witnesses(parts), key_);
    } catch (const Refusal& refusal) {
      throw MergeRefusal{group, refusal.why};
    }
    const auto events = in_part_order(std::move(parts));
    if (holds_one_twice(events)) throw MergeRefusal{group, "an event is in two parts"};
    auto part = schema::encode_part(events, day_);
    if (const auto back = schema::decode_part(part, day_); !back || *back != events)
      return schema::fail(Code::kBadRecord, "a part does not decode to what was encoded");
    const auto head = head_of({day_, group.first, next_no_[group.first]++}, part);
    new_.emplace_back(head, std::move(part));
    outcome.events += events.size();
    ++outcome.parts_after;
    return {};
  }

  // A merged part says when the newest of the day was written: the day is then as quiet as before.
  Result<void> write() {
    const auto row = statements_.exec(sql::merge_sealed_at, day_text_)[0];
    PartWriter writer(statements_, schema::time_from_pg(row[0].c_str()));
    for (const auto& [head, part] : new_) writer.add(head, part);
    writer.flush();
    for (const auto& [head, part] : new_)
      if (auto ok = check_part(statements_, head, part); !ok) return ok;
    return {};
  }

  Result<void> remove_old(RunOutcome& outcome) {
    BinaryArray account(PgType::kText), part_no(PgType::kInt4);
    for (const auto& key : old_) {
      account.add_text(key.account_id);
      part_no.add_int4(key.part_no);
    }
    statements_.exec_text(lock_timeout_.c_str());
    statements_.exec(sql::event_lock_day_alone, day_);
    const auto gone = statements_.exec(sql::merge_delete_parts, day_text_, account.value(), part_no.value())[0];
    if (gone[0].as<std::uint64_t>() != old_.size() || gone[1].as<std::uint64_t>() != outcome.events)
      return schema::fail(Code::kRetry, "the parts of a day changed while they were being merged");
    outcome.parts_before = old_.size();
    return {};
  }

  SealStatements statements_;
  const schema::HashKey& key_;
  std::int32_t day_;
  const MergeOptions& options_;
  const std::set<AccountClass>& left_out_;
  const std::string day_text_ = schema::format_day(day_);
  const std::string lock_timeout_ = fmt::format("SET LOCAL lock_timeout = '{}ms'", kSealLockWaitMs);
  std::map<std::string, int> next_no_;  // of each account
  std::vector<schema::PartKey> old_;
  std::vector<std::pair<PartHead, schema::EncodedPart>> new_;
};

// One transaction: the directories of a day become one.
class DirectoryRun {
 public:
  DirectoryRun(Transaction& tx, std::int32_t day, const MergeOptions& options)
      : statements_(tx, options.before_statement), day_(day), options_(options) {}

  // How many directories there were; 0: nothing was to be done, or somebody else has the day. kTooLarge and kBadRecord:
  // they stay.
  Result<std::uint64_t> run() {
    if (!begin_run(statements_, day_)) return 0U;
    const auto before = statements_.exec(sql::merge_directories, day_text_)[0];
    const auto directories = before[0].as<std::uint64_t>();
    if (directories < 2) return 0U;
    if (auto ok = read_entities(); !ok) return ok.error();
    const auto run = write_directory(statements_, day_, entries_);
    if (!run) return run.error();
    const auto gone = statements_.exec(sql::merge_delete_directories, day_text_, *run)[0];
    if (gone[0].as<std::uint64_t>() != before[1].as<std::uint64_t>())
      return schema::fail(Code::kRetry, "the directories of a day changed while they were being merged");
    return directories;
  }

 private:
  Result<void> read_entities() {
    const auto parts = schema::list_parts(statements_.transaction(), day_, day_, std::nullopt);
    for (auto part = parts.begin(); part != parts.end();) {
      std::size_t events = 0;
      const auto first = part;
      while (part != parts.end() && events < kListsEvents) events += (part++)->n;
      if (auto ok = read_lists({first, part}); !ok) return ok;
    }
    return {};
  }

  Result<void> read_lists(const std::vector<PartHead>& parts) {
    BinaryArray account(PgType::kText), part_no(PgType::kInt4);
    for (const auto& part : parts) {
      account.add_text(part.key.account_id);
      part_no.add_int4(part.key.part_no);
    }
    std::string bytes;
    schema::PostingTable table;
    for (const auto& row : statements_.exec(sql::merge_postings, day_text_, account.value(), part_no.value())) {
      const std::uint64_t number = schema::account_number(parts.at(row[0].as<std::size_t>() - 1).key.account_id);
      schema::read_hex_bytes(row[1], bytes);
      table.lists.clear();
      table.postings.clear();
      if (auto ok = schema::decode_postings(bytes, day_, table); !ok) return ok;
      for (const auto& list : table.lists)
        if (list.hash != schema::kAllEvents) entries_.push_back({list.hash, number});
    }
    if (entries_.size() >= 2 * unique_ || entries_.size() > options_.entries_max) drop_repeated();
    if (entries_.size() > options_.entries_max)
      return schema::fail(Code::kTooLarge, "one directory of all parts would name too many entities");
    return {};
  }

  // Parts of an account name the same entities.
  void drop_repeated() {
    std::sort(entries_.begin(), entries_.end(),
              [](const auto& a, const auto& b) { return std::tie(a.hash, a.account) < std::tie(b.hash, b.account); });
    entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
    unique_ = entries_.size();
  }

  SealStatements statements_;
  std::int32_t day_;
  const MergeOptions& options_;
  const std::string day_text_ = schema::format_day(day_);
  std::vector<schema::DirectoryEntry> entries_;
  std::size_t unique_ = 0;  // of them, when they were last looked through
};

// What somebody else's change undid is tried again. A part that came between the snapshot and the lock may have the
// number that the new one was to have: that is kBadData.
bool may_try_again(Code code, int attempt) {
  return (code == Code::kRetry || code == Code::kBadData) && attempt < kSealTries;
}

Result<RunOutcome> merge_once(schema::Database& maintenance, const schema::HashKey& key, std::int32_t day,
                              const MergeOptions& options, std::set<AccountClass>& left_out, MergeReport& report) {
  for (int attempt = 1;; ++attempt) {
    std::optional<MergeRefusal> refusal;
    auto outcome = maintenance.write(schema::AccountScope::all(), [&](Transaction& tx) -> Result<RunOutcome> {
      try {
        return MergeRun(tx, key, day, options, left_out).run();
      } catch (const MergeRefusal& refused) {
        refusal = refused;
        return schema::fail(Code::kBadRecord, refused.why);
      }
    });
    if (outcome) return outcome;
    if (refusal) {
      report.refused[refusal->group.first] = refusal->why;
      left_out.insert(refusal->group);
      attempt = 0;
    } else if (!may_try_again(outcome.error().code, attempt)) {
      return outcome.error();
    }
  }
}

Result<void> merge_directories(schema::Database& maintenance, std::int32_t day, const MergeOptions& options,
                               MergeReport& report) {
  for (int attempt = 1;; ++attempt) {
    const auto before = maintenance.write(schema::AccountScope::all(), [&](Transaction& tx) -> Result<std::uint64_t> {
      return DirectoryRun(tx, day, options).run();
    });
    if (before) {
      report.directories_before = *before;
      return {};
    }
    const auto& error = before.error();
    if (error.code == Code::kTooLarge || error.code == Code::kBadRecord) {
      report.directory_refused = error.detail;
      return {};
    }
    if (!may_try_again(error.code, attempt)) return error;
  }
}

}  // namespace

Result<std::vector<MergeDay>> days_to_merge(schema::Database& maintenance, std::int64_t now_us) {
  return maintenance.read(schema::AccountScope::all(), [&](Transaction& tx) -> Result<std::vector<MergeDay>> {
    std::vector<MergeDay> days;
    for (const auto& row : schema::rows_as<MergeDayRow>(
             tx.exec(sql::merge_days, schema::format_day(first_young_day(now_us)),
                     static_cast<int>(schema::kPartEventsMax), schema::format_rfc3339(now_us - kMergeQuietUs))))
      days.push_back({schema::day_of(row.day.us), row.sealed_at.us});
    return days;
  });
}

Result<MergeReport> merge_day(schema::Database& maintenance, const schema::HashKey& key, std::int32_t day,
                              const MergeOptions& options) {
  MergeReport report;
  std::set<AccountClass> left_out;
  for (;;) {
    const auto outcome = merge_once(maintenance, key, day, options, left_out, report);
    if (!outcome) return outcome.error();
    if (!outcome->mine) {
      report.another_seals = true;
      return report;
    }
    if (outcome->done) break;
    report.events += outcome->events;
    report.parts_before += outcome->parts_before;
    report.parts_after += outcome->parts_after;
    ++report.runs;
    if (options.progress) options.progress(report.events);
    if (options.stop && options.stop()) return report;
  }
  if (auto ok = merge_directories(maintenance, day, options, report); !ok) return ok.error();
  return report;
}

}  // namespace backtrail::ingest::seal
