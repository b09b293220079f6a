#include "ingest/source/file_import.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <spdlog/spdlog.h>
#include <utility>

#include "ingest/decode/decode.hpp"
#include "ingest/load/binary_array.hpp"
#include "ingest/load/gathering.hpp"
#include "schema/core/utf8.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::ingest {
namespace fs = std::filesystem;
using schema::Code;
using schema::fail;
using schema::Result;

namespace {

Result<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return fail(Code::kIo, "cannot be opened");
  const auto size = static_cast<std::uintmax_t>(file.tellg());
  if (size > kImportFileMaxBytes)
    return fail(Code::kTooLarge, fmt::format("larger than {} bytes", kImportFileMaxBytes));
  std::string bytes;
  bytes.resize(size);
  file.seekg(0);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size)) && size != 0)
    return fail(Code::kIo, "cannot be read");
  return bytes;
}

// Why a file is not imported; empty when it is.
std::string reason_to_ignore(const fs::path& path, std::string_view bytes) {
  if (path.filename() == "manifest.json" &&
      bytes.substr(0, 64).find("\"backtrail_archive_manifest\"") != std::string_view::npos)
    return "manifest of an archive";
  if (path.native().find("/CloudTrail-Digest/") != std::string::npos) return "CloudTrail digest file";
  if (bytes.empty()) return "empty file";
  if (container_of(bytes) != Container::kNone) return "";
  std::string_view text = bytes;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto first = text.find_first_not_of(" \t\r\n\x1e");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '['))
    return "no JSON, gzip, zip or zstd file";
  return "";
}

// The file's absolute path as text. A name may hold any bytes, but the database holds UTF-8: other bytes become \xNN,
// so that two names stay two.
std::string location_of(const fs::path& path) {
  std::string location = fs::absolute(path).lexically_normal().native();
  if (schema::is_utf8(location)) return location;
  std::string text;
  for (const char c : location) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80)
      text += c;
    else
      text += fmt::format("\\x{:02x}", byte);
  }
  return text;
}

// The day of a CloudTrail object, by the S3 layout: …/CloudTrail/REGION/YYYY/MM/DD/….
std::optional<std::int32_t> day_of_path(const fs::path& path) {
  constexpr std::string_view kTrail = "/CloudTrail/", kDay = "YYYY/MM/DD";
  const std::string& text = path.native();
  const auto trail = text.rfind(kTrail);
  if (trail == std::string::npos) return std::nullopt;
  const auto region_end = text.find('/', trail + kTrail.size());
  if (region_end == std::string::npos || text.size() <= region_end + 1 + kDay.size()) return std::nullopt;
  std::string day = text.substr(region_end + 1, kDay.size());
  if (text[region_end + 1 + kDay.size()] != '/' || day[4] != '/' || day[7] != '/') return std::nullopt;
  day[4] = day[7] = '-';
  const auto parsed = schema::parse_day(day);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

// Files that one reader submits one after the other.
struct Bundle {
  std::vector<fs::path> files;
  bool together = false;  // all of one day: written together
};
constexpr std::size_t kBundleFiles = 32;  // of other files
// Objects that are remembered in one transaction, and how long one may wait for others.
constexpr std::size_t kRememberedAtOnce = 256;
constexpr std::chrono::seconds kRememberEvery(1);

// Objects with a day come first, the oldest day first; within a day the files are in the order of their paths, and so
// of their accounts.
std::vector<Bundle> bundles_of(const std::vector<fs::path>& files) {
  std::map<std::int32_t, std::vector<fs::path>> days;
  std::vector<Bundle> bundles, others;
  for (const auto& file : files) {
    const auto day = day_of_path(file);
    if (day) {
      days[*day].push_back(file);
      continue;
    }
    if (others.empty() || others.back().files.size() == kBundleFiles) others.emplace_back();
    others.back().files.push_back(file);
  }
  bundles.reserve(days.size() + others.size());
  for (auto& [day, paths] : days) bundles.push_back({std::move(paths), true});
  std::move(others.begin(), others.end(), std::back_inserter(bundles));
  return bundles;
}

// Nothing is wrong with the file: the database was busy.
bool passes(Code code) {
  return code == Code::kTimeout || code == Code::kRetry || code == Code::kOverload;
}

class Import {
 public:
  Import(Pipeline& pipeline, schema::Database& database, const ImportOptions& options)
      : pipeline_(pipeline), database_(database), options_(options) {}

  Result<ImportReport> run(const std::vector<fs::path>& files) {
    const auto start = std::chrono::steady_clock::now();
    for (const auto& file : files) {
      std::error_code ignored;
      progress_.bytes_total += fs::file_size(file, ignored);
    }
    progress_.files_total = files.size();
    read_round(files);
    while (++round_ < kImportRounds && !put_off_.empty() && !stopped()) {
      const auto again = std::exchange(put_off_, {});
      spdlog::info("{} files are tried once more, because the database was too busy for them", again.size());
      read_round(again);
    }
    remember_ended();
    if (const auto swept = pipeline_.sweep_variants(); !swept) return swept.error();
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (options_.progress) options_.progress(progress_);
    return std::move(report_);
  }

 private:
  // Returns when everything that was begun has its receipt.
  void read_round(const std::vector<fs::path>& files) {
    const auto bundles = bundles_of(files);
    next_ = 0;
    std::vector<std::thread> readers;
    for (unsigned i = 0; i < std::max(1U, options_.readers); ++i)
      readers.emplace_back([&] {
        for (std::size_t at = next_++; at < bundles.size() && !stopped(); at = next_++) begin(bundles[at]);
      });
    for (auto& reader : readers) reader.join();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return open_ == 0; });
  }

  bool stopped() const { return options_.stop != nullptr && *options_.stop; }

  struct Object {
    std::string location;
    fs::path path;
    std::uintmax_t bytes = 0;
    std::string sha256{};
    schema::Uuid delivery_id{};
  };
  // Waits to be remembered.
  struct Ended {
    Object object;
    std::string ignored;  // why; "": it was imported
  };

  // By location: the contents that were imported from there.
  using Known = std::map<std::string, std::set<std::string>>;

  void begin(const Bundle& bundle) {
    std::vector<Object> objects;
    for (const auto& file : bundle.files) objects.push_back({location_of(file), file});
    const auto known = known_of(objects);
    const auto gathering = bundle.together ? std::make_shared<Gathering>() : nullptr;
    if (gathering) gathering->enter();
    for (auto& object : objects) {
      if (stopped()) break;
      if (known)
        begin(std::move(object), *known, gathering);
      else
        failed(object, known.error().detail);
    }
    if (gathering) pipeline_.leave(*gathering);
  }

  void begin(Object object, const Known& known, const std::shared_ptr<Gathering>& gathering) {
    auto bytes = read_file(object.path);
    if (!bytes) return failed(object, bytes.error().detail);
    object.bytes = bytes->size();
    const auto digest = schema::sha256(*bytes);
    object.sha256.assign(digest.begin(), digest.end());
    if (const std::string why = reason_to_ignore(object.path, *bytes); !why.empty())
      return ended(std::move(object), {}, why);
    const auto found = known.find(object.location);
    if (found != known.end() && found->second.contains(object.sha256) && !options_.again) return known_already(object);
    submit(std::move(object), std::move(*bytes), gathering);
  }

  void submit(Object object, std::string bytes, const std::shared_ptr<Gathering>& gathering) {
    Delivery delivery;
    delivery.gathering = gathering;
    if (gathering) gathering->enter();
    const auto random = schema::random_hash_key();
    delivery.id.bytes = random.bytes;
    object.delivery_id = delivery.id;
    delivery.door = "import";
    delivery.origin = object.location;
    delivery.body = std::move(bytes);
    delivery.decoded_bytes_max = kImportDecodedBytesMax;
    delivery.scope = schema::AccountScope::all();
    delivery.received_us = schema::now_us();
    {
      const std::lock_guard lock(mutex_);
      ++open_;
    }
    pipeline_.submit_when_room(std::move(delivery),
                               [this, object](const Receipt& receipt) { finish(object, receipt); });
  }

  // On a writer's thread.
  void finish(const Object& object, const Receipt& receipt) {
    const bool again = receipt.error && passes(receipt.error->code) && round_ + 1 < kImportRounds;
    if (!receipt.error)
      ended(object, receipt, "");
    else if (!again)
      failed(object, receipt.error->detail);
    const std::lock_guard lock(mutex_);
    if (again) put_off_.push_back(object.path);
    if (receipt.error) report_.receipt.add(receipt);
    --open_;
    done_.notify_all();
  }

  Result<Known> known_of(const std::vector<Object>& objects) {
    return database_.read(schema::AccountScope::none(), [&](schema::Transaction& tx) -> Result<Known> {
      BinaryArray location(PgType::kText);
      for (const Object& object : objects) location.add_text(object.location);
      Known known;
      for (const auto& row : tx.exec(sql::import_object_find, location.value()))
        known[row[0].c_str()].insert(schema::bytes_of(row[1]));
      return known;
    });
  }

  // What is stored is remembered soon, many objects at a time: one that was not, because somebody ended the import, is
  // read again and adds nothing.
  void ended(Object object, const Receipt& receipt, const std::string& ignored) {
    bool full = false;
    {
      const std::lock_guard lock(mutex_);
      report_.receipt.add(receipt);
      step(object, receipt.received);
      ended_.push_back({std::move(object), ignored});
      full = ended_.size() >= kRememberedAtOnce || std::chrono::steady_clock::now() - remembered_ >= kRememberEvery;
    }
    if (full) remember_ended();
  }

  void remember_ended() {
    std::vector<Ended> objects;
    {
      const std::lock_guard lock(mutex_);
      objects.swap(ended_);
      remembered_ = std::chrono::steady_clock::now();
    }
    if (objects.empty()) return;
    const auto remembered = remember(objects);
    const std::lock_guard lock(mutex_);
    for (const auto& [object, ignored] : objects) {
      if (!remembered)
        report_failure(object, remembered.error().detail);
      else if (ignored.empty())
        ++report_.files_imported;
      else
        report_.ignored.push_back({object.location, ignored});
    }
  }

  Result<int> remember(const std::vector<Ended>& objects) {
    BinaryArray location(PgType::kText), bytes(PgType::kInt8), sha256(PgType::kBytea), state(PgType::kText),
        detail(PgType::kText), delivery(PgType::kUuid);
    for (const auto& [object, ignored] : objects) {
      location.add_text(object.location);
      bytes.add_int8(static_cast<std::int64_t>(object.bytes));
      sha256.add_text(object.sha256);
      state.add_text(ignored.empty() ? "imported" : "ignored");
      detail.add_text(ignored);
      if (ignored.empty())
        delivery.add_uuid(object.delivery_id);
      else
        delivery.add_null();
    }
    return database_.write(schema::AccountScope::none(), [&](schema::Transaction& tx) -> Result<int> {
      tx.exec(sql::import_object_insert, location.value(), bytes.value(), sha256.value(), state.value(), detail.value(),
              delivery.value(), schema::format_rfc3339(schema::now_us()));
      return 0;
    });
  }

  void known_already(const Object& object) {
    const std::lock_guard lock(mutex_);
    ++report_.files_known;
    step(object, 0);
  }
  void failed(const Object& object, const std::string& why) {
    const std::lock_guard lock(mutex_);
    report_failure(object, why);
    step(object, 0);
  }

  // The rest: with the mutex held.
  void report_failure(const Object& object, const std::string& why) {
    ++report_.files_failed;
    report_.failed.push_back({object.location, why});
  }
  void step(const Object& object, std::uint64_t records) {
    ++progress_.files_done;
    progress_.bytes_done += object.bytes;
    progress_.records += records;
    const auto now = std::chrono::steady_clock::now();
    constexpr std::chrono::milliseconds kProgressEvery(250);
    if (!options_.progress || now - told_ < kProgressEvery) return;
    told_ = now;
    options_.progress(progress_);
  }

  Pipeline& pipeline_;
  schema::Database& database_;
  const ImportOptions& options_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t open_ = 0;
  ImportProgress progress_;
  ImportReport report_;
  std::vector<Ended> ended_;
  int round_ = 0;                  // changes while nothing is under way
  std::vector<fs::path> put_off_;  // to the next round
  std::chrono::steady_clock::time_point remembered_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point told_;
};

}  // namespace

Result<std::vector<fs::path>> list_files(const std::vector<fs::path>& paths) {
  std::set<fs::path> files;
  for (const auto& path : paths) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (error || !fs::exists(status)) return fail(Code::kIo, fmt::format("{}: no such file or folder", path.native()));
    if (!fs::is_directory(status)) {
      files.insert(path);
      continue;
    }
    for (auto entry = fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied, error);
         entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (error) return fail(Code::kIo, fmt::format("{}: {}", path.native(), error.message()));
      if (entry->is_regular_file() && !entry->is_symlink()) files.insert(entry->path());
    }
  }
  return std::vector<fs::path>(files.begin(), files.end());
}

Result<ImportReport> import_files(Pipeline& pipeline, schema::Database& database, const std::vector<fs::path>& paths,
                                  const ImportOptions& options) {
  const auto files = list_files(paths);
  if (!files) return files.error();
  return Import(pipeline, database, options).run(*files);
}

}  // namespace backtrail::ingest
