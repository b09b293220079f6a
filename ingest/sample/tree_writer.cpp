#include "ingest/sample/tree_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <libdeflate.h>
#include <nlohmann/json.hpp>
#include <openssl/sha.h>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace backtrail::ingest::sample {
namespace {

// Fast rather than small: the sample is written and read once.
constexpr int kCompressionLevel = 1;
constexpr std::int64_t kDigestHours = 6;
constexpr int kDigestAccount = kSharedServices;
constexpr int kDigestRegion = kUsWest2;

std::string day_path(std::int64_t seconds) {
  const std::string iso = to_iso(seconds);
  return iso.substr(0, 4) + '/' + iso.substr(5, 2) + '/' + iso.substr(8, 2);
}

// 20260301T1005Z
std::string minute_stamp(std::int64_t seconds) {
  const std::string iso = to_iso(seconds);
  return iso.substr(0, 4) + iso.substr(5, 2) + iso.substr(8, 2) + 'T' + iso.substr(11, 2) + iso.substr(14, 2) + 'Z';
}

std::string second_stamp(std::int64_t seconds) {
  const std::string minute = minute_stamp(seconds);
  return minute.substr(0, minute.size() - 1) + to_iso(seconds).substr(17, 2) + 'Z';
}

std::string sha256_hex(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  Text hex;
  for (const unsigned char byte : digest) hex.put_hex(byte, 2);
  return std::string(hex.view());
}

void write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw std::system_error(errno, std::generic_category(), "write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

TreeWriter::TreeWriter(std::filesystem::path root, const Organisation& organisation, std::int64_t end_seconds)
    : root_(std::move(root)),
      organisation_(organisation),
      end_(end_seconds),
      compressor_(libdeflate_alloc_compressor(kCompressionLevel), libdeflate_free_compressor) {
  if (!compressor_) throw std::bad_alloc();
}

TreeWriter::~TreeWriter() = default;

void TreeWriter::write_log(int account, int region, std::int64_t oldest, std::int64_t newest,
                           std::string_view records) {
  const std::string& id = organisation_.account(account).id;
  const std::string region_name(kRegions[static_cast<std::size_t>(region)].name);
  // CloudTrail delivers every five minutes, some minutes after the fact.
  const std::uint64_t noise = mix(organisation_.seed(), tag(id), static_cast<std::uint64_t>(region), files_);
  const std::int64_t delivered = std::min(
      floor_to(newest + 5 * kMinute + static_cast<std::int64_t>(noise % 540), 5 * kMinute), floor_to(end_, 60));
  Text name;
  name.put_base62(noise, 16);
  const std::string key = "AWSLogs/" + std::string(kOrganisationId) + '/' + id + "/CloudTrail/" + region_name + '/' +
                          day_path(delivered) + '/' + id + "_CloudTrail_" + region_name + '_' +
                          minute_stamp(delivered) + '_' + std::string(name.view()) + ".json.gz";
  write_gzip(key, records);
  if (account == kDigestAccount && region == kDigestRegion &&
      delivered > floor_to(end_, kHour) - kDigestHours * kHour) {
    digested_.push_back({key, delivered, oldest, newest, sha256_hex(records)});
  }
}

void TreeWriter::write_findings(int account, int region, std::int64_t day, std::string_view lines) {
  const std::string& id = organisation_.account(account).id;
  const std::string region_name(kRegions[static_cast<std::size_t>(region)].name);
  const std::uint64_t seed = mix(organisation_.seed(), tag("export"), tag(id), static_cast<std::uint64_t>(region),
                                 static_cast<std::uint64_t>(day));
  write_gzip("AWSLogs/" + id + "/GuardDuty/" + region_name + '/' + day_path(day * kDay) + '/' +
                 to_text(make_uuid(seed, mix(seed))) + ".jsonl.gz",
             lines);
}

void TreeWriter::write_plain(std::string_view name, std::string_view content) {
  write_file(std::string(name), content);
}

std::string TreeWriter::digest_of(std::int64_t hour, const std::string& previous_key, const std::string& previous_hash,
                                  std::string& key) {
  using Json = nlohmann::ordered_json;
  const std::string& id = organisation_.account(kDigestAccount).id;
  const std::string region(kRegions[kDigestRegion].name);
  key = "AWSLogs/" + std::string(kOrganisationId) + '/' + id + "/CloudTrail-Digest/" + region + '/' + day_path(hour) +
        '/' + id + "_CloudTrail-Digest_" + region + '_' + std::string(kTrailName) + "_us-east-1_" + second_stamp(hour) +
        ".json.gz";
  Json logs = Json::array();
  std::int64_t oldest = 0;
  std::int64_t newest = 0;
  for (const LogFile& log : digested_) {
    if (log.delivered <= hour - kHour || log.delivered > hour) continue;
    logs.push_back({{"s3Bucket", std::string(kTrailBucket)},
                    {"s3Object", log.key},
                    {"hashValue", log.sha256},
                    {"hashAlgorithm", "SHA-256"},
                    {"newestEventTime", to_iso(log.newest)},
                    {"oldestEventTime", to_iso(log.oldest)}});
    oldest = oldest == 0 ? log.oldest : std::min(oldest, log.oldest);
    newest = std::max(newest, log.newest);
  }
  const auto or_null = [](bool present, std::string text) { return present ? Json(std::move(text)) : Json(nullptr); };
  const bool chained = !previous_key.empty();
  const Json digest = {{"awsAccountId", id},
                       {"digestStartTime", to_iso(hour - kHour)},
                       {"digestEndTime", to_iso(hour)},
                       {"digestS3Bucket", std::string(kTrailBucket)},
                       {"digestS3Object", key},
                       {"digestPublicKeyFingerprint", hex_id(organisation_.seed(), 32)},
                       {"digestSignatureAlgorithm", "SHA256withRSA"},
                       {"newestEventTime", or_null(newest != 0, to_iso(newest))},
                       {"oldestEventTime", or_null(oldest != 0, to_iso(oldest))},
                       {"previousDigestS3Bucket", or_null(chained, std::string(kTrailBucket))},
                       {"previousDigestS3Object", or_null(chained, previous_key)},
                       {"previousDigestHashValue", or_null(chained, previous_hash)},
                       {"previousDigestHashAlgorithm", or_null(chained, "SHA-256")},
                       {"previousDigestSignature", nullptr},
                       {"logFiles", logs}};
  return digest.dump();
}

void TreeWriter::write_digests() {
  std::string previous_key, previous_hash;
  for (std::int64_t hour = floor_to(end_, kHour) - (kDigestHours - 1) * kHour; hour <= end_; hour += kHour) {
    std::string key;
    const std::string digest = digest_of(hour, previous_key, previous_hash, key);
    write_gzip(key, digest);
    previous_key = key;
    previous_hash = sha256_hex(digest);
  }
}

void TreeWriter::write_gzip(const std::string& key, std::string_view content) {
  const std::size_t bound = libdeflate_gzip_compress_bound(compressor_.get(), content.size());
  if (compressed_.size() < bound) compressed_.resize(bound);
  // libdeflate leaves the header's time at 0, so equal contents make equal files.
  const std::size_t size = libdeflate_gzip_compress(compressor_.get(), content.data(), content.size(),
                                                    compressed_.data(), compressed_.size());
  if (size == 0) throw std::runtime_error("compression failed");
  write_file(key, {compressed_.data(), size});
}

void TreeWriter::write_file(const std::string& key, std::string_view bytes) {
  const std::filesystem::path path = root_ / key;
  const std::string folder = path.parent_path().string();
  if (folder != last_folder_) {
    std::filesystem::create_directories(folder);
    last_folder_ = folder;
  }
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "cannot create " + path.string());
  try {
    write_all(file, bytes);
  } catch (...) {
    ::close(file);
    throw;
  }
  if (::close(file) != 0) throw std::system_error(errno, std::generic_category(), "close");
  ++files_;
  bytes_ += bytes.size();
}

}  // namespace backtrail::ingest::sample
