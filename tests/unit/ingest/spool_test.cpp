// The spool's files: what is appended comes back, whatever happens to the files; limits; one owner.
#include "ingest/spool/spool.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <sys/resource.h>
#include <thread>

#include "ingest/spool/delivery_codec.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

namespace backtrail::ingest::spool {
namespace {

namespace fs = std::filesystem;
using testing::read_whole_file;
using testing::TempDir;

constexpr std::int64_t kNow = 1'793'707'200'000'000;

std::unique_ptr<Spool> open_spool(const fs::path& directory, SpoolOptions options = {}) {
  options.directory = directory;
  auto spool = Spool::open(options);
  EXPECT_TRUE(spool) << spool.error().detail;
  return std::move(*spool);
}

std::string payload(int number, std::size_t bytes = 200) {
  std::string text = "delivery " + std::to_string(number) + " ";
  while (text.size() < bytes) text += "BTRC";  // looks like records from inside
  return text;
}

// Reads and removes everything, as the drainer does.
std::vector<std::string> drain(Spool& spool, std::size_t* damaged = nullptr) {
  std::vector<std::string> payloads;
  while (const auto segment = spool.oldest()) {
    const auto loaded = spool.load(*segment);
    EXPECT_TRUE(loaded);
    const auto contents = read_segment(loaded->file, loaded->key, loaded->unreadable);
    payloads.insert(payloads.end(), contents.payloads.begin(), contents.payloads.end());
    if (damaged != nullptr) *damaged += contents.damaged.size();
    EXPECT_TRUE(spool.drained(*segment, *loaded, contents.damaged));
  }
  return payloads;
}

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory))
    if (segment_number(entry.path().filename().native())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

void overwrite(const fs::path& path, std::size_t at, const std::string& bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at));
  file << bytes;
}

TEST(SpoolTest, GivesBackWhatWasAppendedAlsoToTheNextProcess) {
  const TempDir directory;
  std::vector<std::string> wanted;
  {
    const auto spool = open_spool(directory / "spool");
    for (int i = 0; i < 100; ++i) {
      wanted.push_back(payload(i, static_cast<std::size_t>(i) * 37));
      ASSERT_TRUE(spool->append(wanted.back(), kNow));
    }
    EXPECT_EQ(spool->status().records, 100U);
    EXPECT_EQ(spool->status().segments, 1U);
    EXPECT_EQ(spool->status().bytes, kSegmentBytes);
  }
  const auto next = open_spool(directory / "spool");
  EXPECT_EQ(drain(*next), wanted);
  EXPECT_TRUE(next->empty());
  EXPECT_TRUE(files_in(directory / "spool").empty());
}

TEST(SpoolTest, GoesOnInANewSegmentAndDrainsInOrder) {
  const TempDir directory;
  const auto spool = open_spool(directory / "spool");
  const std::string large = payload(1, 20 * 1024 * 1024), larger_than_a_segment = payload(2, kSegmentBytes + 1);
  std::vector<std::string> wanted;
  for (const auto& text : {large, large, large, large, larger_than_a_segment, payload(3)}) {
    ASSERT_TRUE(spool->append(text, kNow));
    wanted.push_back(text);
  }
  EXPECT_GE(spool->status().segments, 3U);
  EXPECT_EQ(drain(*spool), wanted);
}

TEST(SpoolTest, ManyThreadsShareOneSyncAndLoseNothingWhileItIsDrained) {
  const TempDir directory;
  const auto spool = open_spool(directory / "spool");
  constexpr int kThreads = 8, kEach = 200;
  std::vector<std::thread> threads;
  std::atomic<int> running = kThreads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) EXPECT_TRUE(spool->append(payload(t * kEach + i), kNow));
      --running;
    });
  std::multiset<std::string> got;
  while (running > 0) {
    for (auto& text : drain(*spool)) got.insert(std::move(text));
  }
  for (auto& thread : threads) thread.join();
  for (auto& text : drain(*spool)) got.insert(std::move(text));
  ASSERT_EQ(got.size(), static_cast<std::size_t>(kThreads * kEach));
  for (int i = 0; i < kThreads * kEach; ++i) EXPECT_EQ(got.count(payload(i)), 1U) << i;
}

TEST(SpoolTest, LargeRecordsThatRaceForTheRoomOfASegmentAllGetIn) {
  const TempDir directory;
  const auto spool = open_spool(directory / "spool");
  constexpr int kThreads = 4, kEach = 2;  // one a segment fits
  const std::string large = payload(1, kSegmentBytes / 2);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        const auto done = spool->append(large, kNow);
        EXPECT_TRUE(done) << done.error().detail;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(spool->status().records, static_cast<std::size_t>(kThreads * kEach));
  EXPECT_EQ(spool->status().segments, static_cast<std::size_t>(kThreads * kEach));
}

TEST(SpoolTest, MakesTheDirectoriesAbove) {
  const TempDir directory;
  const auto spool = open_spool(directory / "a" / "b" / "spool");
  EXPECT_TRUE(spool->append(payload(1), kNow));
  EXPECT_EQ(files_in(directory / "a" / "b" / "spool").size(), 1U);
}

TEST(SpoolTest, WhatCannotBeMadeOrListedIsAnErrorAndNoEmptySpool) {
  const TempDir directory;
  std::ofstream(directory / "file") << "no directory";
  EXPECT_FALSE(Spool::open({directory / "file"}));
  fs::create_directory(directory / "spool");
  std::ofstream(directory / "spool" / "damaged") << "no directory";
  EXPECT_FALSE(Spool::open({directory / "spool"}));
}

TEST(SpoolTest, OneProgramHoldsIt) {
  const TempDir directory;
  const auto spool = open_spool(directory / "spool");
  const auto second = Spool::open({directory / "spool"});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, schema::Code::kOverload);
}

TEST(SpoolTest, RefusesFromNinetyPercentOfItsBytesOn) {
  const TempDir directory;
  SpoolOptions options;
  options.bytes_max = 10 * kSegmentBytes;
  const auto spool = open_spool(directory / "spool", options);
  const std::string half = payload(1, kSegmentBytes / 2);  // one a segment, because of the headers
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(spool->append(half, kNow)) << i;
  const auto tenth = spool->append(half, kNow);
  ASSERT_FALSE(tenth);
  EXPECT_EQ(tenth.error().code, schema::Code::kOverload);
  EXPECT_TRUE(spool->append(payload(2), kNow));  // the ninth segment still has room
  EXPECT_EQ(drain(*spool).size(), 10U);
  EXPECT_TRUE(spool->append(half, kNow));
}

TEST(SpoolTest, RefusesFromNinetyPercentOfItsAgeOn) {
  const TempDir directory;
  SpoolOptions options;
  options.age_max_us = 1000;
  const auto spool = open_spool(directory / "spool", options);
  ASSERT_TRUE(spool->append(payload(1), kNow));
  EXPECT_TRUE(spool->append(payload(2), kNow + 900));
  EXPECT_FALSE(spool->append(payload(3), kNow + 901));
}

TEST(SpoolTest, ADiskWithoutRoomIsOverload) {
  const TempDir directory;
  const auto spool = open_spool(directory / "spool");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1024 * 1024, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto refused = spool->append(payload(1), kNow);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_FALSE(refused);
  EXPECT_TRUE(files_in(directory / "spool").empty());
  EXPECT_TRUE(spool->append(payload(2), kNow));
  EXPECT_EQ(drain(*spool), std::vector<std::string>{payload(2)});
}

// What happens to files: a byte flips, a file ends too early, a page is lost, a file is lost.
class DamagedSpoolTest : public ::testing::Test {
 protected:
  static constexpr int kRecords = 40;
  void SetUp() override {
    const auto spool = open_spool(spool_directory());
    for (int i = 0; i < kRecords; ++i)
      ASSERT_TRUE(spool->append(payload(i, 100 + static_cast<std::size_t>(i) * 61), kNow));
    intact_ = read_whole_file(files_in(spool_directory()).front());
    intact_.resize(used_bytes());
  }
  fs::path spool_directory() const { return directory_ / "spool"; }
  static std::size_t used_bytes() {
    std::size_t end = kHeaderAreaBytes;
    for (int i = 0; i < kRecords; ++i)
      end += record_bytes(std::max<std::size_t>(100 + static_cast<std::size_t>(i) * 61, payload(i, 0).size()));
    return end + 8192;
  }
  // Payloads that a reader finds in these bytes.
  std::set<std::string> read(const std::string& bytes, std::size_t* damaged = nullptr) const {
    const auto key = segment_key(bytes);
    const auto contents = read_segment(bytes, key ? *key : *segment_key(intact_));
    if (damaged != nullptr) *damaged = contents.damaged.size();
    std::set<std::string> found(contents.payloads.begin(), contents.payloads.end());
    EXPECT_EQ(found.size(), contents.payloads.size());  // none twice
    return found;
  }
  // The records that the bytes [from, to) belong to.
  static std::set<std::string> touched(std::size_t from, std::size_t to) {
    std::set<std::string> hit;
    std::size_t at = kHeaderAreaBytes;
    for (int i = 0; i < kRecords; ++i) {
      const std::string text = payload(i, 100 + static_cast<std::size_t>(i) * 61);
      if (from < at + kRecordHeaderBytes + text.size() && to > at) hit.insert(text);
      at += record_bytes(text.size());
    }
    return hit;
  }
  static std::set<std::string> all() {
    std::set<std::string> texts;
    for (int i = 0; i < kRecords; ++i) texts.insert(payload(i, 100 + static_cast<std::size_t>(i) * 61));
    return texts;
  }
  // Everything that the damage did not touch is read; nothing else.
  void expect_rest(const std::string& bytes, std::size_t from, std::size_t to) {
    auto wanted = all();
    for (const auto& text : touched(from, to)) wanted.erase(text);
    EXPECT_EQ(read(bytes), wanted) << "damage " << from << " to " << to;
  }

  TempDir directory_;
  std::string intact_;
};

TEST_F(DamagedSpoolTest, TenThousandDamagesCostOnlyWhatTheyTouch) {
  std::mt19937_64 random(7);
  const auto at_most = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int round = 0; round < 10'000; ++round) {
    std::string bytes = intact_;
    const std::size_t at = at_most(bytes.size());
    switch (round % 5) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << at_most(8)));
        expect_rest(bytes, at, at + 1);
        break;
      case 1:
        bytes.resize(at);
        expect_rest(bytes, at, std::string::npos);
        break;
      case 2: {
        const std::size_t page = at / 4096 * 4096, size = std::min<std::size_t>(4096, bytes.size() - page);
        const std::string before = bytes.substr(page, size);
        bytes.replace(page, size, size, '\0');
        if (before != bytes.substr(page, size)) expect_rest(bytes, page, page + size);
        break;
      }
      case 3: {  // a page that was written to another place, too
        const std::size_t last = bytes.size() / 4096, there = at / 4096 % last * 4096, here = at_most(last) * 4096;
        const std::string page = bytes.substr(here, 4096);
        if (bytes.compare(there, 4096, page) == 0) break;
        bytes.replace(there, 4096, page);
        std::size_t from = there, to = there + 4096;  // payloads are alike: what really changed
        while (bytes[from] == intact_[from]) ++from;
        while (bytes[to - 1] == intact_[to - 1]) --to;
        expect_rest(bytes, from, to);
        break;
      }
      default: {
        const std::size_t size = std::min<std::size_t>(1 + at_most(3000), bytes.size() - at);
        for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<char>(random());
        expect_rest(bytes, at, at + size);
        break;
      }
    }
    if (HasFailure()) return;
  }
}

TEST_F(DamagedSpoolTest, SegmentsOfFormat1AreStillRead) {
  // Its heads were checked without their place; everything else is the same.
  const auto key = *segment_key(intact_);
  std::string old = intact_;
  schema::HashKey of_headers;
  std::copy_n("backtrail spool1", of_headers.bytes.size(), of_headers.bytes.begin());
  const auto check = [](const schema::HashKey& by, const std::string& of, std::size_t bytes) {
    const auto digest = schema::fingerprint128(by, of);
    return std::string(reinterpret_cast<const char*>(digest.bytes.data()), bytes);
  };
  for (const std::size_t at : {std::size_t{0}, kHeaderAreaBytes - 64}) {
    old.replace(at, 8, "BTSPOOL1");
    old.replace(at + 48, 16, check(of_headers, old.substr(at, 48), 16));
  }
  std::size_t at = kHeaderAreaBytes;
  for (int i = 0; i < kRecords; ++i) {
    old.replace(at + 16, 8, check(key, old.substr(at, 16), 8));
    at += record_bytes(payload(i, 100 + static_cast<std::size_t>(i) * 61).size());
  }
  EXPECT_NE(old, intact_);
  EXPECT_EQ(read(old), all());
}

TEST_F(DamagedSpoolTest, ARecordWrittenIntoABodyIsNotTaken) {
  // A body that holds a whole segment of somebody else's, whose key the writer knows.
  const auto spool = open_spool(directory_ / "other");
  ASSERT_TRUE(spool->append(payload(77), kNow));
  const std::string forged = read_whole_file(files_in(directory_ / "other").front()).substr(0, 2 * kHeaderAreaBytes);
  ASSERT_TRUE(spool->append(forged, kNow));
  const auto path = files_in(directory_ / "other").front();
  const std::string bytes = read_whole_file(path);
  // The same key here: only the length in the sound head keeps a reader from looking inside.
  const std::size_t inside = bytes.find("BTSPOOL2", kHeaderAreaBytes);
  ASSERT_NE(inside, std::string::npos);
  overwrite(path, inside, "X");
  std::size_t damaged = 0;
  EXPECT_EQ(drain(*spool, &damaged), std::vector<std::string>{payload(77)});
  EXPECT_EQ(damaged, 1U);
}

TEST_F(DamagedSpoolTest, DamageIsKeptAndTheRestIsDrained) {
  const auto path = files_in(spool_directory()).front();
  overwrite(path, kHeaderAreaBytes + 3, "XXXX");
  const auto spool = open_spool(spool_directory());
  std::size_t damaged = 0;
  EXPECT_EQ(drain(*spool, &damaged).size(), static_cast<std::size_t>(kRecords - 1));
  EXPECT_EQ(damaged, 1U);
  EXPECT_EQ(spool->status().damaged_spans, 1U);
  std::string kept;
  for (const auto& entry : fs::directory_iterator(spool_directory() / "damaged")) kept += read_whole_file(entry.path());
  EXPECT_NE(kept.find("delivery 0 "), std::string::npos);
  EXPECT_TRUE(files_in(spool_directory()).empty());
}

TEST_F(DamagedSpoolTest, LaterDamageIsNotWrittenOverWhatIsKept) {
  for (const char* mark : {"first!", "second"}) {
    {
      const auto spool = open_spool(spool_directory());
      ASSERT_TRUE(spool->append(mark + payload(1), kNow));
    }
    for (const auto& path : files_in(spool_directory())) overwrite(path, kHeaderAreaBytes + 3, "XXXX");
    drain(*open_spool(spool_directory()));
    EXPECT_TRUE(files_in(spool_directory()).empty());
  }
  std::string kept;
  for (const auto& entry : fs::directory_iterator(spool_directory() / "damaged")) kept += read_whole_file(entry.path());
  EXPECT_NE(kept.find("delivery 0 "), std::string::npos);
  EXPECT_NE(kept.find("first!"), std::string::npos);
  EXPECT_NE(kept.find("second"), std::string::npos);
}

TEST_F(DamagedSpoolTest, ASegmentWithoutHeadersIsReadWithTheKeyOfAnother) {
  {
    const auto spool = open_spool(spool_directory());
    ASSERT_TRUE(spool->append(payload(1000), kNow));
  }
  const auto files = files_in(spool_directory());
  ASSERT_EQ(files.size(), 2U);
  overwrite(files.front(), 0, std::string(kHeaderAreaBytes, 'X'));
  const auto spool = open_spool(spool_directory());
  EXPECT_EQ(drain(*spool).size(), static_cast<std::size_t>(kRecords + 1));
}

TEST_F(DamagedSpoolTest, FilesThatAreNoneOfOursAreLeftAlone) {
  std::ofstream(spool_directory() / "notes.txt") << "keep";
  std::ofstream(spool_directory() / "12.segment") << "keep";
  std::ofstream(spool_directory() / segment_name(99)) << "";
  const auto spool = open_spool(spool_directory());
  EXPECT_EQ(drain(*spool).size(), static_cast<std::size_t>(kRecords));
  EXPECT_TRUE(fs::exists(spool_directory() / "notes.txt"));
  EXPECT_TRUE(fs::exists(spool_directory() / "12.segment"));
}

// A disk with bad sectors: reads of these bytes fail.
class BadSectors {
 public:
  void add(std::size_t from, std::size_t bytes, int times = 1'000'000) { bad_.push_back({from, bytes, times}); }
  ssize_t read(int file, void* bytes, std::size_t size, off_t offset) {
    const auto from = static_cast<std::size_t>(offset);
    for (auto& bad : bad_) {
      if (bad.times == 0 || from >= bad.from + bad.bytes || from + size <= bad.from) continue;
      if (from < bad.from) {  // as a kernel does: what comes before it
        size = bad.from - from;
        continue;
      }
      --bad.times;
      errno = EIO;
      return -1;
    }
    return ::pread(file, bytes, size, offset);
  }
  SpoolOptions options() {
    SpoolOptions made;
    made.read = [this](int file, void* bytes, std::size_t size, off_t at) { return read(file, bytes, size, at); };
    return made;
  }

 private:
  struct Bad {
    std::size_t from, bytes;
    int times;
  };
  std::vector<Bad> bad_;
};

TEST_F(DamagedSpoolTest, UnreadablePagesCostOnlyWhatStandsInThem) {
  BadSectors disk;
  const std::size_t page = 2 * kHeaderAreaBytes;  // two pages in the middle of the records
  disk.add(page, 2 * 4096);
  disk.add(0, 4096);                     // a header, and the other is left
  disk.add(kSegmentBytes - 4096, 4096);  // free space, as far as anybody knew
  const auto path = files_in(spool_directory()).front();
  const auto spool = open_spool(spool_directory(), disk.options());
  auto wanted = all();
  for (const auto& text : touched(page, page + 2 * 4096)) wanted.erase(text);
  ASSERT_LT(wanted.size(), all().size());
  std::size_t damaged = 0;
  const auto got = drain(*spool, &damaged);
  EXPECT_EQ(std::set<std::string>(got.begin(), got.end()), wanted);
  EXPECT_EQ(damaged, 3U);
  EXPECT_EQ(spool->status().unreadable_segments, 1U);
  EXPECT_EQ(spool->status().damaged_spans, 3U);
  EXPECT_TRUE(spool->empty());
  const auto kept = kept_files(spool_directory());  // whole: another disk may have the sectors
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->size(), 1U);
  EXPECT_EQ(kept->front().name, path.filename());
  EXPECT_EQ(kept->front().bytes, kSegmentBytes);
  // Its number is not used again.
  ASSERT_TRUE(spool->append(payload(1), kNow));
  EXPECT_EQ(files_in(spool_directory()).front().filename(), segment_name(2));
}

TEST_F(DamagedSpoolTest, ADiskThatStumblesLosesNothing) {
  BadSectors disk;
  disk.add(2 * kHeaderAreaBytes, 4096, 2);
  const auto spool = open_spool(spool_directory(), disk.options());
  std::size_t damaged = 0;
  const auto got = drain(*spool, &damaged);
  EXPECT_EQ(std::set<std::string>(got.begin(), got.end()), all());
  EXPECT_EQ(damaged, 0U);
  EXPECT_TRUE(kept_files(spool_directory())->empty());
}

TEST_F(DamagedSpoolTest, InspectingTellsWhatCannotBeRead) {
  BadSectors disk;
  disk.add(2 * kHeaderAreaBytes, 4096);
  std::size_t records = 0, damaged = 0, unreadable = 0;
  ASSERT_TRUE(inspect(
      spool_directory(),
      [&](const SegmentReport& report) {
        records = report.records;
        damaged = report.damaged.size();
        unreadable = report.unreadable.size();
      },
      disk.options().read));
  EXPECT_LT(records, static_cast<std::size_t>(kRecords));
  EXPECT_EQ(damaged, 1U);
  EXPECT_EQ(unreadable, 1U);
  EXPECT_EQ(files_in(spool_directory()).size(), 1U);
}

TEST_F(DamagedSpoolTest, TheFreeSpaceBehindATornRecordIsNotKept) {
  const auto path = files_in(spool_directory()).front();
  std::size_t end = kHeaderAreaBytes;
  for (const auto& text : all()) end += record_bytes(text.size());
  overwrite(path, end, "BTRC torn");
  const auto spool = open_spool(spool_directory());
  EXPECT_EQ(drain(*spool).size(), static_cast<std::size_t>(kRecords));
  const auto kept = kept_files(spool_directory());
  ASSERT_EQ(kept->size(), 1U);
  EXPECT_EQ(kept->front().bytes, 16U);
}

TEST(SpoolTest, WhatWasPostponedComesLast) {
  const TempDir directory;
  const auto spool = open_spool(directory / "spool");
  const std::string half = payload(1, kSegmentBytes / 2);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(spool->append(half, kNow));
  EXPECT_EQ(spool->oldest(), 1U);
  EXPECT_EQ(spool->postpone(1), 1U);
  EXPECT_EQ(spool->oldest(), 2U);
  EXPECT_EQ(spool->postpone(2), 1U);
  EXPECT_EQ(spool->oldest(), 3U);
  EXPECT_EQ(spool->status().postponed_segments, 2U);
  EXPECT_EQ(spool->postpone(3), 1U);
  EXPECT_EQ(spool->oldest(), 1U);
  EXPECT_EQ(spool->postpone(1), 2U);
  EXPECT_EQ(spool->oldest(), 2U);
}

TEST(SpoolTest, APostponedSegmentDoesNotMakeTheSpoolTooOld) {
  const TempDir directory;
  SpoolOptions options;
  options.age_max_us = 1000;
  const auto spool = open_spool(directory / "spool", options);
  ASSERT_TRUE(spool->append(payload(1), kNow));
  EXPECT_FALSE(spool->append(payload(2), kNow + 2000));
  spool->postpone(*spool->oldest());
  EXPECT_TRUE(spool->append(payload(3), kNow + 2000));
}

TEST(SpoolTest, ItsAgeIsTheOneOfItsSegmentsAndNotOfTheFiles) {
  const TempDir directory;
  ASSERT_TRUE(open_spool(directory / "spool")->append(payload(1), kNow));
  fs::last_write_time(files_in(directory / "spool").front(), fs::file_time_type::clock::now());
  SpoolOptions options;
  options.age_max_us = 1000;
  const auto next = open_spool(directory / "spool", options);
  EXPECT_EQ(next->status().oldest_us, kNow);
  EXPECT_TRUE(next->append(payload(2), kNow + 900));
  EXPECT_FALSE(next->append(payload(3), kNow + 901));
}

TEST(SpoolTest, ADeliveryIsSetAsideAsAFile) {
  const TempDir directory;
  const auto spool = open_spool(directory / "spool");
  ASSERT_TRUE(spool->append(payload(1), kNow));
  ASSERT_TRUE(spool->set_aside(1, 8232, payload(1)));
  EXPECT_EQ(spool->status().set_aside, 1U);
  EXPECT_EQ(read_whole_file(directory / "spool" / "damaged" / "0000000000000001-00008232.delivery"), payload(1));
}

TEST(SpoolDeliveryTest, ComesBackAsItWas) {
  Delivery delivery;
  delivery.id.bytes.fill(7);
  delivery.door = "firehose";
  delivery.key_id = "key";
  delivery.origin = "request \xFF\"\n";
  delivery.body = std::string("a\0b", 3);
  delivery.received_us = kNow;
  delivery.decoded_bytes_max = 12345;
  delivery.scope = *schema::AccountScope::of({"111122223333"});
  const auto back = decode_delivery(encode_delivery(delivery));
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(back->id, delivery.id);
  EXPECT_EQ(back->door, delivery.door);
  EXPECT_EQ(back->key_id, delivery.key_id);
  EXPECT_EQ(back->body, delivery.body);
  EXPECT_EQ(back->received_us, delivery.received_us);
  EXPECT_EQ(back->decoded_bytes_max, delivery.decoded_bytes_max);
  EXPECT_FALSE(back->scope.is_all());
  EXPECT_EQ(back->scope.account_ids(), delivery.scope.account_ids());
  delivery.scope = schema::AccountScope::all();
  EXPECT_TRUE(decode_delivery(encode_delivery(delivery))->scope.is_all());
  EXPECT_FALSE(back->replay_of);
  delivery.replay_of = QuarantineKey{"111122223333", delivery.id};
  const auto replay = decode_delivery(encode_delivery(delivery))->replay_of;
  ASSERT_TRUE(replay);
  EXPECT_EQ(replay->account_id, "111122223333");
  EXPECT_EQ(replay->id, delivery.id);
}

TEST(SpoolDeliveryTest, NothingElseIsADelivery) {
  const std::string sound = encode_delivery({});
  for (const std::string& payload : {std::string{}, std::string("abc"), std::string("\xFF\xFF\xFF\xFF{}", 6),
                                     std::string("\2\0\0\0{}", 6), std::string("\2\0\0\0[]", 6), sound.substr(0, 20)})
    EXPECT_FALSE(decode_delivery(payload));
}

}  // namespace
}  // namespace backtrail::ingest::spool
