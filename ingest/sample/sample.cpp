#include "ingest/sample/sample.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <system_error>
#include <tuple>

#include "ingest/sample/background.hpp"
#include "ingest/sample/stories.hpp"
#include "ingest/sample/tree_writer.hpp"

namespace backtrail::ingest::sample {
namespace {

constexpr std::uint64_t kEventsPerFileMax = 5'000;
constexpr std::uint64_t kEventsPerFileWanted = 300;  // below this a unit is not cut into more files
constexpr std::uint64_t kFilesPerUnitWanted = 6;
// So many events of one slice of time, over all accounts and Regions, are planned at once at most (about).
constexpr std::uint64_t kEventsPerSliceMax = 2'000'000;
// Small samples are not spread over every account, Region and day: a unit has this many background events or none.
constexpr std::uint64_t kEventsPerUnitMin = 20;

struct Slice {
  std::int64_t begin, end;
};

std::vector<Slice> slices_of(std::int64_t start, std::int64_t end, std::uint64_t events) {
  const auto days = static_cast<std::uint64_t>((end - start + kDay - 1) / kDay);
  std::int64_t per_day = 1;
  while (per_day < 24 && events / days / static_cast<std::uint64_t>(per_day) > kEventsPerSliceMax) per_day *= 2;
  const std::int64_t length = kDay / std::min<std::int64_t>(per_day, 24);
  std::vector<Slice> slices;
  for (std::int64_t at = floor_to(start, length); at < end; at += length) {
    slices.push_back({std::max(at, start), std::min(at + length, end)});
  }
  return slices;
}

// How much happens in the slice, for the background's share of events: machines run on, people sleep.
std::uint64_t weight_of(const Slice& slice) {
  std::uint64_t weight = 0;
  for (std::int64_t at = slice.begin; at < slice.end; at += kHour) {
    const std::int64_t length = std::min(kHour, slice.end - at);
    weight += static_cast<std::uint64_t>((90 + human_activity(at)) * length);
  }
  return weight / 600;
}

// Shares of a total by weight, so that they add up exactly whatever the rounding.
class Shares {
 public:
  Shares(std::uint64_t total, std::uint64_t weights, std::uint64_t quantum)
      : total_(total), weights_(weights), quantum_(quantum) {}
  std::uint64_t next(std::uint64_t weight) {
    seen_ += weight;
    const std::uint64_t due =
        seen_ == weights_
            ? total_
            : static_cast<std::uint64_t>(static_cast<Uint128>(total_ / quantum_) * seen_ / weights_) * quantum_;
    const std::uint64_t share = due - given_;
    given_ = due;
    return share;
  }

 private:
  std::uint64_t total_, weights_, quantum_;
  std::uint64_t seen_ = 0;
  std::uint64_t given_ = 0;
};

class Generator {
 public:
  Generator(const SampleOptions& options, const std::function<void(std::uint64_t, std::uint64_t)>& progress)
      : options_(options),
        progress_(progress),
        end_(floor_to(options.end_us, kMicrosPerSecond) / kMicrosPerSecond),
        start_(end_ - options.days * kDay),
        organisation_(options.seed, options.events, end_, options.first_account),
        background_(organisation_, catalogue_),
        book_(organisation_, catalogue_, options.events, start_, end_),
        writer_(options.out, organisation_, end_) {}

  SampleReport run() {
    tell_leaked_key(book_);
    tell_stolen_instance_credentials(book_);
    tell_mining_instance(book_);
    tell_role_hops(book_);
    tell_object_theft(book_);
    tell_travelling_administrator(book_);
    add_other_findings(book_);
    if (book_.total() > options_.events) throw std::logic_error("the stories do not fit into the smallest sample");
    write_events();
    writer_.write_digests();
    write_findings();
    write_accounts();
    write_truth();
    if (written_ != options_.events)
      throw std::logic_error("the sample has another number of events than was asked for");
    return {written_, book_.findings().size(), writer_.files(), writer_.bytes()};
  }

 private:
  void write_events() {
    const std::vector<Slice> slices = slices_of(start_, end_, options_.events);
    // First every account gets its share, then every unit of the account: so the quietest account has events too.
    std::uint64_t unit_weights = 0;  // of one account: they are the same for all
    std::uint64_t units = 0;
    each_unit(slices, [&](const Unit& unit, std::uint64_t weight) {
      if (unit.account_index == 0) unit_weights += weight;
      ++units;
    });
    const std::uint64_t events = options_.events - book_.total();
    const std::uint64_t quantum = events / units >= kEventsPerUnitMin ? 1 : kEventsPerUnitMin;
    std::uint64_t account_weights = 0;
    for (const Account& account : organisation_.accounts())
      account_weights += static_cast<std::uint64_t>(account.weight);
    Shares by_account(events, account_weights, 1);
    std::vector<Shares> shares;
    for (const Account& account : organisation_.accounts()) {
      shares.emplace_back(by_account.next(static_cast<std::uint64_t>(account.weight)), unit_weights, quantum);
    }
    Plan plan;
    each_unit(slices, [&](const Unit& unit, std::uint64_t weight) {
      plan.begin(unit);
      book_.plan(plan);
      const std::uint64_t share = shares[static_cast<std::size_t>(unit.account_index)].next(weight);
      background_.plan(static_cast<std::uint32_t>(share), plan);
      plan.sort();
      write_unit(plan);
    });
  }

  template <typename Each>
  void each_unit(const std::vector<Slice>& slices, Each each) {
    for (const Slice& slice : slices) {
      const std::uint64_t slice_weight = weight_of(slice);
      for (int account = 0; account < kAccountCount; ++account) {
        for (int region = 0; region < static_cast<int>(kRegions.size()); ++region) {
          Unit unit;
          unit.account_index = account;
          unit.account = &organisation_.account(account);
          unit.region = region;
          unit.begin = slice.begin;
          unit.end = slice.end;
          unit.seed = mix(options_.seed, tag("unit"), tag(unit.account->id), static_cast<std::uint64_t>(region),
                          static_cast<std::uint64_t>(slice.begin));
          each(unit, slice_weight * static_cast<std::uint64_t>(kRegions[static_cast<std::size_t>(region)].weight));
        }
      }
    }
  }

  void write_unit(const Plan& plan) {
    const std::uint64_t count = plan.events().size();
    if (count == 0) return;
    const std::uint64_t files =
        std::max((count + kEventsPerFileMax - 1) / kEventsPerFileMax,
                 std::clamp<std::uint64_t>(count / kEventsPerFileWanted, 1, kFilesPerUnitWanted));
    for (std::uint64_t file = 0; file < files; ++file) {
      write_part(plan, count * file / files, count * (file + 1) / files);
    }
  }

  void write_part(const Plan& plan, std::size_t from, std::size_t to) {
    text_.clear();
    text_.put(R"({"Records":[)");
    for (std::size_t i = from; i < to; ++i) {
      if (i > from) text_.put(',');
      const Planned& event = plan.events()[i];
      if (event.burst == kFixedEvent) {
        text_.put(book_.fixed(event.step).text);
        continue;
      }
      const Uuid id = plan.write(catalogue_, i, text_);
      const int group = plan.burst(event.burst).group;
      if (group != kNoGroup) book_.truth().record(group, id);
    }
    text_.put("]}");
    writer_.write_log(plan.unit().account_index, plan.unit().region, plan.events()[from].seconds,
                      plan.events()[to - 1].seconds, text_.view());
    written_ += to - from;
    if (progress_) progress_(written_, options_.events);
  }

  void write_findings() {
    std::map<std::tuple<int, int, std::int64_t>, std::vector<const FindingVersion*>> files;
    for (const FindingVersion& version : book_.findings()) {
      files[{version.account, version.region, day_of(version.updated)}].push_back(&version);
    }
    for (auto& [file, versions] : files) {
      std::stable_sort(versions.begin(), versions.end(),
                       [](const auto* a, const auto* b) { return a->updated < b->updated; });
      std::string lines;
      for (const FindingVersion* version : versions) lines += version->text + "\n";
      writer_.write_findings(std::get<0>(file), std::get<1>(file), std::get<2>(file), lines);
    }
  }

  void write_accounts() {
    Json list = Json::array();
    std::string table = "account_id,name,organizational_unit,owner,environment\n";
    for (const Account& account : organisation_.accounts()) {
      list.push_back({{"Id", account.id},
                      {"Arn", "arn:aws:organizations::" + organisation_.account(kManagement).id + ":account/" +
                                  std::string(kOrganisationId) + "/" + account.id},
                      {"Email", account.email},
                      {"Name", account.name},
                      {"Status", "ACTIVE"},
                      {"JoinedMethod", &account == &organisation_.account(kManagement) ? "INVITED" : "CREATED"},
                      {"JoinedTimestamp", to_iso_ms(account.joined * 1000)}});
      table +=
          account.id + ',' + account.name + ',' + account.unit + ',' + account.owner + ',' + account.environment + '\n';
    }
    writer_.write_plain("organizations-accounts.json", Json{{"Accounts", list}}.dump(2) + "\n");
    writer_.write_plain("accounts.csv", table);
  }

  void write_truth() {
    Json truth = {{"format", 1},
                  {"events", options_.events},
                  {"seed", options_.seed},
                  {"start", to_iso(start_)},
                  {"end", to_iso(end_)},
                  {"organization_id", std::string(kOrganisationId)},
                  {"account_without_data_events", organisation_.account(kAccountWithoutDataEvents).id},
                  {"finding_states", book_.findings().size()}};
    truth.update(book_.document());
    for (Json& story : truth["stories"]) story.update(book_.truth().to_json(story["number"].get<int>()));
    writer_.write_plain("stories.json", truth.dump(1) + "\n");
  }

  const SampleOptions& options_;
  const std::function<void(std::uint64_t, std::uint64_t)>& progress_;
  std::int64_t end_;
  std::int64_t start_;
  Catalogue catalogue_;
  Organisation organisation_;
  Background background_;
  StoryBook book_;
  TreeWriter writer_;
  Text text_;
  std::uint64_t written_ = 0;
};

}  // namespace

std::optional<std::string> check(const SampleOptions& options) {
  if (options.events < kEventsMin) {
    return "a sample needs at least " + std::to_string(kEventsMin) + " events to hold the stories; " +
           std::to_string(options.events) + " were asked for";
  }
  if (options.events > kEventsMax) {
    return "a sample has at most " + std::to_string(kEventsMax) + " events; " + std::to_string(options.events) +
           " were asked for";
  }
  if (options.days < kDaysMin || options.days > kDaysMax) {
    return "a sample spans " + std::to_string(kDaysMin) + " to " + std::to_string(kDaysMax) + " days; " +
           std::to_string(options.days) + " were asked for";
  }
  if (options.first_account != 0 &&
      (options.first_account < kFirstAccountMin || options.first_account > kFirstAccountMax))
    return "the first account's id must lie between " + std::to_string(kFirstAccountMin) + " and " +
           std::to_string(kFirstAccountMax);
  const std::int64_t days_since_1970 = floor_to(options.end_us, kMicrosPerSecond) / kMicrosPerSecond / kDay;
  if (days_since_1970 < 20 * 365 || days_since_1970 > 200 * 365)
    return "the sample's end must lie between the years 1990 and 2169";
  std::error_code error;
  if (!std::filesystem::exists(options.out, error)) return std::nullopt;
  if (!std::filesystem::is_directory(options.out, error)) return options.out.string() + " is not a folder";
  if (!std::filesystem::is_empty(options.out, error)) {
    return "the folder " + options.out.string() + " is not empty: a sample is not mixed with other files";
  }
  return std::nullopt;
}

SampleReport write_sample(const SampleOptions& options,
                          const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  if (const auto wrong = check(options)) throw std::invalid_argument(*wrong);
  std::filesystem::create_directories(options.out);
  return Generator(options, progress).run();
}

}  // namespace backtrail::ingest::sample
