// Rows as lines of an archive (FORMAT.md), read in pages in the order of their keys.
//
// A source is one selection of rows that retention is about to remove. It reads what its transaction sees and what no
// hold keeps, so a caller that removes in the same snapshot removes exactly what it was given. Events come from rows
// and from sealed parts alike. One thread; a page is at most kArchivePageRows rows, or one part.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schema/model/api_event.hpp"
#include "schema/pg/database.hpp"
#include "schema/retention/partition_plan.hpp"

namespace backtrail::schema {

inline constexpr int kArchivePageRows = 128;
// A quarantined record may be as large as a delivery.
inline constexpr int kArchiveQuarantinePageRows = 4;
// Longer records are cut into pieces: readers of JSON have limits on strings.
inline constexpr std::size_t kArchiveTextPieceBytes = 96U * 1024;

using LineSink = std::function<Result<void>(std::string_view line)>;

class ArchiveSource {
 public:
  virtual ~ArchiveSource() = default;
  // The lines of the next page; false when there was none left. Errors of the sink end it.
  virtual Result<bool> next_page(Transaction& tx, const LineSink& add) = 0;
};

// Events of the days; of one class or of all.
std::unique_ptr<ArchiveSource> archive_events(DayRange days, std::optional<EventClass> event_class);
// Versions of findings last seen before the limit.
std::unique_ptr<ArchiveSource> archive_findings(std::int64_t limit_us);
// Notices of before the limit.
std::unique_ptr<ArchiveSource> archive_notices(std::int64_t limit_us);
// Quarantined records received before the limit.
std::unique_ptr<ArchiveSource> archive_quarantine(std::int64_t limit_us);

}  // namespace backtrail::schema
