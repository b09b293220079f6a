// Every limit of the HTTP server, by name and with its unit.
//
// Why: each figure is above the largest thing an AWS sender may send and below what would let one peer exhaust the
// machine. A limit is inclusive: n is accepted, n + 1 is refused; the tests try both. `Limits` holds the ones that an
// operator or a test may change; the constants are its defaults.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace backtrail::api {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// Head: the request line, the header fields and the empty line that ends them.
inline constexpr std::size_t kHeadBytesMax = 16 * kKiB;
// Firehose sends up to 64,000 characters of attributes and a key of 4,096 bytes.
inline constexpr std::size_t kLargeHeadBytesMax = 96 * kKiB;
inline constexpr std::size_t kHeaderFieldsMax = 100;
inline constexpr std::size_t kTargetBytesMax = 8 * kKiB;
inline constexpr std::size_t kHostBytesMax = 255;
inline constexpr std::size_t kQueryParametersMax = 256;

// Bodies. A route without a limit of its own gets the default one.
inline constexpr std::size_t kDefaultBodyBytesMax = kMiB;
inline constexpr std::size_t kFirehoseBodyBytesMax = 65 * kMiB;  // 64 MiB is legal; 413 would lose the batch
inline constexpr std::size_t kEventBodyBytesMax = 2 * kMiB;      // EventBridge, SNS: events grew to 1 MB in 2026
inline constexpr std::size_t kPushBodyBytesMax = 16 * kMiB;      // NDJSON pushed by a user, REST bodies
inline constexpr std::size_t kInFlightBodyBytesMax =
    160 * kMiB;  // from the socket to the commit: with all copies below 512 MiB
// The last of them are for small bodies: uploads that fill the rest never shut out an event.
inline constexpr std::size_t kSmallBodyBytesMax = kMiB;
inline constexpr std::size_t kReservedBodyBytes = 16 * kMiB;

// Memory of the whole process: blocks from here on go back to the system when they are freed, and of smaller ones at
// the end of a heap not more than this is kept.
inline constexpr std::size_t kMappedBlockBytesMin = kMiB;
inline constexpr std::size_t kFreeBytesKeptMax = 4 * kMiB;

// The chunk line or the trailer of a chunked body that has not been understood yet.
inline constexpr std::size_t kPendingChunkBytesMax = 16 * kKiB;

// Connections.
inline constexpr std::size_t kConnectionsMax = 2048;
inline constexpr std::size_t kConnectionsPerAddressMax = 128;

// Time.
inline constexpr std::chrono::milliseconds kHeaderTimeout{10'000};
inline constexpr std::chrono::milliseconds kIdleTimeout{60'000};
inline constexpr std::chrono::milliseconds kBodyRoomTimeout{60'000};  // a large body waits for its room
inline constexpr std::chrono::milliseconds kBodyGrace{10'000};        // before the minimum rate counts
inline constexpr std::chrono::milliseconds kBodyTotalTimeout{
    110'000};  // with the wait for room: Firehose gives up after 180 s
inline constexpr std::size_t kBodyBytesPerSecondMin = 1024;
inline constexpr std::chrono::milliseconds kWriteTimeout{30'000};  // for each piece of kWritePieceBytes
inline constexpr std::size_t kWritePieceBytes = 256 * kKiB;
inline constexpr std::chrono::milliseconds kAsyncDeadline{4'000};      // EventBridge gives up after 5 s
inline constexpr std::chrono::milliseconds kBlockingDeadline{30'000};  // above the database's statement_timeout
inline constexpr std::chrono::milliseconds kPullDeadline{60'000};      // one piece of a streamed answer
inline constexpr std::chrono::milliseconds kLingerTimeout{2'000};
inline constexpr std::size_t kLingerBytesMax = kMiB;
inline constexpr std::chrono::milliseconds kStopGrace{10'000};

// Compression of answers.
inline constexpr std::size_t kGzipBytesMin = 1024;
inline constexpr int kGzipLevel = 5;

// What the page's files may weigh together, since all of them are held in memory.
inline constexpr std::size_t kStaticFilesBytesMax = 64 * kMiB;

// The limits that a server is started with.
struct Limits {
  std::size_t head_bytes = kHeadBytesMax;
  std::size_t large_head_bytes = kLargeHeadBytesMax;
  std::size_t in_flight_body_bytes = kInFlightBodyBytesMax;
  std::size_t reserved_body_bytes = kReservedBodyBytes;
  std::size_t small_body_bytes = kSmallBodyBytesMax;
  std::size_t connections = kConnectionsMax;
  std::size_t connections_per_address = kConnectionsPerAddressMax;
  std::size_t body_bytes_per_second = kBodyBytesPerSecondMin;
  std::chrono::milliseconds header_timeout = kHeaderTimeout;
  std::chrono::milliseconds idle_timeout = kIdleTimeout;
  std::chrono::milliseconds body_room_timeout = kBodyRoomTimeout;
  std::chrono::milliseconds body_grace = kBodyGrace;
  std::chrono::milliseconds body_total_timeout = kBodyTotalTimeout;
  std::chrono::milliseconds write_timeout = kWriteTimeout;
  std::chrono::milliseconds async_deadline = kAsyncDeadline;
  std::chrono::milliseconds blocking_deadline = kBlockingDeadline;
  std::chrono::milliseconds pull_deadline = kPullDeadline;
  std::chrono::milliseconds linger_timeout = kLingerTimeout;
};

}  // namespace backtrail::api
