#include "ingest/source/file_import.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "ingest/decode/decode.hpp"
#include "ingest/load/gathering.hpp"
#include "ingest/seal/planner.hpp"
#include "schema/core/utf8.hpp"

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
  bool together = false;  // all of a day that is over: written together
};

// Days that are over come first; within a day the files are in the order of their paths, and so of their accounts.
std::vector<Bundle> bundles_of(const std::vector<fs::path>& files, std::int64_t now_us) {
  std::map<std::int32_t, std::vector<fs::path>> days;
  std::vector<Bundle> bundles, singles;
  for (const auto& file : files) {
    const auto day = day_of_path(file);
    if (day && *day < seal::first_young_day(now_us))
      days[*day].push_back(file);
    else
      singles.push_back({{file}, false});
  }
  bundles.reserve(days.size() + singles.size());
  for (auto& [day, paths] : days) bundles.push_back({std::move(paths), true});
  std::move(singles.begin(), singles.end(), std::back_inserter(bundles));
  return bundles;
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
    const auto bundles = bundles_of(files, pipeline_.now_us());
    std::vector<std::thread> readers;
    for (unsigned i = 0; i < std::max(1U, options_.readers); ++i)
      readers.emplace_back([&] {
        for (std::size_t at = next_++; at < bundles.size() && !stopped(); at = next_++) begin(bundles[at]);
      });
    for (auto& reader : readers) reader.join();
    {
      std::unique_lock lock(mutex_);
      done_.wait(lock, [this] { return open_ == 0; });
    }
    if (const auto swept = pipeline_.sweep_variants(); !swept) return swept.error();
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (options_.progress) options_.progress(progress_);
    return std::move(report_);
  }

 private:
  bool stopped() const { return options_.stop != nullptr && *options_.stop; }

  struct Object {
    std::string location;
    std::uintmax_t bytes = 0;
    std::array<std::uint8_t, 32> sha256{};
    schema::Uuid delivery_id;
  };

  void begin(const Bundle& bundle) {
    const auto gathering = bundle.together ? std::make_shared<Gathering>() : nullptr;
    if (gathering) gathering->enter();
    for (const auto& file : bundle.files)
      if (!stopped()) begin(file, gathering);
    if (gathering) pipeline_.leave(*gathering);
  }

  void begin(const fs::path& path, const std::shared_ptr<Gathering>& gathering) {
    Object object;
    object.location = location_of(path);
    auto bytes = read_file(path);
    if (!bytes) return failed(object, bytes.error().detail);
    object.bytes = bytes->size();
    object.sha256 = schema::sha256(*bytes);
    if (const std::string why = reason_to_ignore(path, *bytes); !why.empty()) return ignore(object, why);
    const auto known = is_known(object);
    if (!known) return failed(object, known.error().detail);
    if (*known && !options_.again) return known_already(object);
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
    schema::Result<void> remembered;
    if (!receipt.error) remembered = remember(object, "imported", "");
    const std::lock_guard lock(mutex_);
    if (receipt.error)
      report_failure(object, receipt.error->detail);
    else if (!remembered)
      report_failure(object, remembered.error().detail);
    else
      ++report_.files_imported;
    report_.receipt.add(receipt);
    step(object, receipt.received);
    --open_;
    done_.notify_all();
  }

  Result<bool> is_known(const Object& object) {
    return database_.read(schema::AccountScope::none(), [&](schema::Transaction& tx) -> Result<bool> {
      return !tx.exec(sql::import_object_find, object.location,
                      schema::Binary(object.sha256.data(), object.sha256.size()))
                  .empty();
    });
  }

  Result<void> remember(const Object& object, const std::string& state, const std::string& detail) {
    const std::optional<std::string> delivery =
        state == "imported" ? std::optional(to_string(object.delivery_id)) : std::nullopt;
    const auto done = database_.write(schema::AccountScope::none(), [&](schema::Transaction& tx) -> Result<int> {
      tx.exec(sql::import_object_insert, object.location, object.bytes,
              schema::Binary(object.sha256.data(), object.sha256.size()), state, detail, delivery,
              schema::format_rfc3339(schema::now_us()));
      return 0;
    });
    if (!done) return done.error();
    return {};
  }

  void ignore(const Object& object, const std::string& why) {
    const auto remembered = remember(object, "ignored", why);
    const std::lock_guard lock(mutex_);
    if (remembered)
      report_.ignored.push_back({object.location, why});
    else
      report_failure(object, remembered.error().detail);
    step(object, 0);
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
