#include "schema/archive/archive_lines.hpp"

#include <algorithm>
#include <backtrail_schema_sql.hpp>
#include <fmt/format.h>
#include <sodium.h>

#include "schema/block_format/raw_codec.hpp"
#include "schema/core/json_tree.hpp"
#include "schema/core/time.hpp"
#include "schema/core/utf8.hpp"
#include "schema/parts/part_store.hpp"
#include "schema/pg/row_as.hpp"
#include "schema/retention/holds.hpp"

namespace backtrail::schema {
namespace {

const std::string kNullUuid = to_string(Uuid{});

class Line {
 public:
  explicit Line(std::string_view kind) {
    text_ = "{\"backtrail_archive\":1,\"kind\":";
    append_json_string(kind, text_);
  }
  void add(std::string_view name, std::string_view value) {
    begin(name);
    append_json_string(value, text_);
  }
  void add(std::string_view name, const std::optional<std::string>& value) {
    if (value) add(name, std::string_view(*value));
  }
  void add(std::string_view name, std::int64_t number) {
    begin(name);
    text_ += std::to_string(number);
  }
  void add(std::string_view name, const std::optional<double>& number) {
    if (!number) return;
    begin(name);
    text_ += fmt::format("{}", *number);
  }
  void add_time(std::string_view name, const std::optional<TimeUs>& time) {
    if (time) add(name, std::string_view(format_rfc3339(time->us)));
  }
  void add_true(std::string_view name) {
    begin(name);
    text_ += "true";
  }
  // The last member. `is_json`: the bytes are one JSON object.
  void add_record(std::string_view raw, bool is_json) {
    const bool one_line = raw.find_first_of("\r\n") == std::string_view::npos;
    if (is_json && one_line && raw.starts_with('{') && raw.ends_with('}')) {
      begin("record");
      text_ += raw;
    } else if (is_utf8(raw)) {
      begin("record_text");
      add_pieces(raw);
    } else {
      begin("record_base64");
      add_base64(raw);
    }
  }
  Result<void> to(const LineSink& sink) {
    text_ += '}';
    return sink(text_);
  }

 private:
  void begin(std::string_view name) { text_.append(",\"").append(name).append("\":"); }

  void add_pieces(std::string_view raw) {
    text_ += '[';
    for (bool first = true; first || !raw.empty(); first = false) {
      std::size_t size = std::min(raw.size(), kArchiveTextPieceBytes);
      while (size < raw.size() && (static_cast<unsigned char>(raw[size]) & 0xC0) == 0x80) --size;
      if (!first) text_ += ',';
      append_json_string(raw.substr(0, size), text_);
      raw.remove_prefix(size);
    }
    text_ += ']';
  }
  void add_base64(std::string_view raw) {
    static_assert(kArchiveTextPieceBytes % 3 == 0);
    std::string piece;
    text_ += '[';
    for (bool first = true; !raw.empty(); first = false) {
      const std::size_t size = std::min(raw.size(), kArchiveTextPieceBytes);
      piece.resize(sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL));
      sodium_bin2base64(piece.data(), piece.size(), reinterpret_cast<const unsigned char*>(raw.data()), size,
                        sodium_base64_VARIANT_ORIGINAL);
      piece.pop_back();  // its end in C
      text_ += first ? "\"" : ",\"";
      text_ += piece;
      text_ += '"';
      raw.remove_prefix(size);
    }
    text_ += ']';
  }

  std::string text_;
};

struct EventLineRow {
  std::string event_day, account_id;
  Uuid event_id, content_fp;
  TimeUs received_at;
  int flags;
  Bytes raw;
};
BOOST_DESCRIBE_STRUCT(EventLineRow, (), (event_day, account_id, event_id, content_fp, received_at, flags, raw))

// Rows first, then sealed parts: in one snapshot every event is in one of them.
class Events final : public ArchiveSource {
 public:
  Events(DayRange days, std::optional<EventClass> event_class) : days_(days), class_(event_class) { day_ = from_; }

  Result<bool> next_page(Transaction& tx, const LineSink& add) override {
    if (!parts_) {
      auto more = next_rows(tx, add);
      if (!more || *more) return more;
      parts_ = parts_to_archive(tx);
    }
    return next_part(tx, add);
  }

 private:
  static Result<void> write(std::string_view account_id, const TimeUs& received, int flags, const Uuid& content_fp,
                            std::string_view raw, const LineSink& add) {
    Line line("event");
    line.add("account_id", account_id);
    line.add_time("received_at", received);
    if ((flags & kFlagOcsf) != 0 && content_fp != kOcsfFingerprint) line.add_true("variant");
    line.add_record(raw, true);
    return line.to(add);
  }

  Result<bool> next_rows(Transaction& tx, const LineSink& add) {
    const auto rows = rows_as<EventLineRow>(tx.exec(sql::archive_events, from_, to_,
                                                    class_ ? std::optional(static_cast<int>(*class_)) : std::nullopt,
                                                    day_, account_id_, event_id_, content_fp_, kArchivePageRows));
    for (const auto& row : rows) {
      const auto raw = decode_raw(row.raw.bytes);
      if (!raw) return raw.error();
      if (auto done = write(row.account_id, row.received_at, row.flags, row.content_fp, *raw, add); !done)
        return done.error();
    }
    if (rows.empty()) return false;
    day_ = rows.back().event_day;
    account_id_ = rows.back().account_id;
    event_id_ = to_string(rows.back().event_id);
    content_fp_ = to_string(rows.back().content_fp);
    return true;
  }

  std::vector<PartHead> parts_to_archive(Transaction& tx) const {
    const auto held = active_holds(tx);
    auto parts = list_parts(tx, days_.from, days_.to - 1, std::nullopt);
    std::erase_if(parts, [&](const PartHead& part) {
      return (class_ && part.event_class != *class_) || holds_day(held, part.key.account_id, part.key.day);
    });
    return parts;
  }

  Result<bool> next_part(Transaction& tx, const LineSink& add) {
    if (next_part_ == parts_->size()) return false;
    const PartHead& head = (*parts_)[next_part_++];
    const auto events = read_part_events(tx, head);
    if (!events) return events.error();
    for (const auto& event : *events)
      if (auto done =
              write(head.key.account_id, TimeUs{event.received_us}, event.flags, event.content_fp, event.raw, add);
          !done)
        return done.error();
    return true;
  }

  const DayRange days_;
  const std::optional<EventClass> class_;
  const std::string from_ = format_day(days_.from), to_ = format_day(days_.to);
  std::string day_, account_id_, event_id_ = kNullUuid, content_fp_ = kNullUuid;
  std::optional<std::vector<PartHead>> parts_;  // when the rows are done
  std::size_t next_part_ = 0;
};

struct FindingLineRow {
  std::string account_id;
  Uuid finding_uid, content_fp;
  TimeUs received_at;
  std::string origin, status;
  std::optional<std::string> assignee;
  std::optional<double> effective_severity;
  std::optional<int> effective_severity_label;
  Bytes raw;
};
BOOST_DESCRIBE_STRUCT(FindingLineRow, (),
                      (account_id, finding_uid, content_fp, received_at, origin, status, assignee, effective_severity,
                       effective_severity_label, raw))

class Findings final : public ArchiveSource {
 public:
  explicit Findings(std::int64_t limit_us) : limit_(format_rfc3339(limit_us)) {}

  Result<bool> next_page(Transaction& tx, const LineSink& add) override {
    const auto rows = rows_as<FindingLineRow>(
        tx.exec(sql::archive_findings, limit_, account_id_, finding_uid_, content_fp_, kArchivePageRows));
    for (const auto& row : rows) {
      const auto raw = decode_raw(row.raw.bytes);
      if (!raw) return raw.error();
      Line line("finding");
      line.add("account_id", std::string_view(row.account_id));
      line.add_time("received_at", row.received_at);
      line.add("origin", std::string_view(row.origin));
      line.add("status", std::string_view(row.status));
      line.add("assignee", row.assignee);
      line.add("effective_severity", row.effective_severity);
      if (row.effective_severity_label) line.add("effective_severity_label", *row.effective_severity_label);
      line.add_record(*raw, true);
      if (auto done = line.to(add); !done) return done.error();
    }
    if (rows.empty()) return false;
    account_id_ = rows.back().account_id;
    finding_uid_ = to_string(rows.back().finding_uid);
    content_fp_ = to_string(rows.back().content_fp);
    return true;
  }

 private:
  const std::string limit_;
  std::string account_id_, finding_uid_ = kNullUuid, content_fp_ = kNullUuid;
};

struct NoticeLineRow {
  std::string account_id;
  Uuid notice_id;
  TimeUs first_received_at;
  std::string door, key_id, origin;
  Bytes raw;
};
BOOST_DESCRIBE_STRUCT(NoticeLineRow, (), (account_id, notice_id, first_received_at, door, key_id, origin, raw))

// Ids are never zero: they are fingerprints, so a page may begin behind the null id.
class Notices final : public ArchiveSource {
 public:
  explicit Notices(std::int64_t limit_us) : limit_(format_rfc3339(limit_us)) {}

  Result<bool> next_page(Transaction& tx, const LineSink& add) override {
    const auto rows =
        rows_as<NoticeLineRow>(tx.exec(sql::archive_notices, limit_, account_id_, notice_id_, kArchivePageRows));
    for (const auto& row : rows) {
      const auto raw = decode_raw(row.raw.bytes);
      if (!raw) return raw.error();
      Line line("notice");
      line.add("account_id", std::string_view(row.account_id));
      line.add_time("received_at", row.first_received_at);
      line.add("door", std::string_view(row.door));
      line.add("key_id", std::string_view(row.key_id));
      line.add("origin", std::string_view(row.origin));
      line.add_record(*raw, true);
      if (auto done = line.to(add); !done) return done.error();
    }
    if (rows.empty()) return false;
    account_id_ = rows.back().account_id;
    notice_id_ = to_string(rows.back().notice_id);
    return true;
  }

 private:
  const std::string limit_;
  std::string account_id_, notice_id_ = kNullUuid;
};

struct QuarantineLineRow {
  std::string account_id;
  Uuid quarantine_id;
  std::string reason, detail, door, key_id, origin;
  std::int64_t position;
  TimeUs received_at;
  std::string kind, parser_version, scope;
  std::int64_t tries;
  std::optional<TimeUs> last_tried_at, resolved_at;
  Bytes raw;
};
BOOST_DESCRIBE_STRUCT(QuarantineLineRow, (),
                      (account_id, quarantine_id, reason, detail, door, key_id, origin, position, received_at, kind,
                       parser_version, scope, tries, last_tried_at, resolved_at, raw))

class Quarantined final : public ArchiveSource {
 public:
  explicit Quarantined(std::int64_t limit_us) : limit_(format_rfc3339(limit_us)) {}

  Result<bool> next_page(Transaction& tx, const LineSink& add) override {
    const auto rows = rows_as<QuarantineLineRow>(
        tx.exec(sql::archive_quarantine, limit_, account_id_, quarantine_id_, kArchiveQuarantinePageRows));
    for (const auto& row : rows)
      if (auto done = write(row, add); !done) return done.error();
    if (rows.empty()) return false;
    account_id_ = rows.back().account_id;
    quarantine_id_ = to_string(rows.back().quarantine_id);
    return true;
  }

 private:
  static Result<void> write(const QuarantineLineRow& row, const LineSink& add) {
    Line line("quarantine");
    line.add("account_id", std::string_view(row.account_id));
    line.add_time("received_at", row.received_at);
    for (const auto& [name, value] : {std::pair<std::string_view, const std::string&>{"door", row.door},
                                      {"key_id", row.key_id},
                                      {"origin", row.origin},
                                      {"reason", row.reason},
                                      {"detail", row.detail},
                                      {"record_kind", row.kind},
                                      {"parser_version", row.parser_version},
                                      {"scope", row.scope}})
      line.add(name, std::string_view(value));
    line.add("position", row.position);
    line.add("tries", row.tries);
    line.add_time("last_tried_at", row.last_tried_at);
    line.add_time("resolved_at", row.resolved_at);
    line.add_record(row.raw.bytes, false);
    return line.to(add);
  }

  const std::string limit_;
  std::string account_id_, quarantine_id_ = kNullUuid;
};

}  // namespace

std::unique_ptr<ArchiveSource> archive_events(DayRange days, std::optional<EventClass> event_class) {
  return std::make_unique<Events>(days, event_class);
}
std::unique_ptr<ArchiveSource> archive_findings(std::int64_t limit_us) {
  return std::make_unique<Findings>(limit_us);
}
std::unique_ptr<ArchiveSource> archive_notices(std::int64_t limit_us) {
  return std::make_unique<Notices>(limit_us);
}
std::unique_ptr<ArchiveSource> archive_quarantine(std::int64_t limit_us) {
  return std::make_unique<Quarantined>(limit_us);
}

}  // namespace backtrail::schema
