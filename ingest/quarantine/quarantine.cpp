#include "ingest/quarantine/quarantine.hpp"

#include <algorithm>
#include <boost/core/demangle.hpp>
#include <typeinfo>

namespace backtrail::ingest {

std::string_view parser_version() {
  return BACKTRAIL_VERSION;
}

const Reason* find_reason(std::string_view code) {
  const auto found = std::find_if(kReasons.begin(), kReasons.end(), [&](const Reason& r) { return r.code == code; });
  return found == kReasons.end() ? nullptr : &*found;
}

QuarantinedRecord quarantined(const schema::Error& error, std::string_view raw, std::uint64_t position,
                              RecordKind kind) {
  QuarantinedRecord record;
  record.kind = kind;
  record.position = position;
  record.raw = raw;
  const std::string_view detail = error.detail;
  const auto word = detail.substr(0, detail.find(':'));
  if (const Reason* known = find_reason(word)) {
    record.reason = known->code;
    record.detail = detail.size() > word.size() + 2 ? detail.substr(word.size() + 2) : detail;
    return record;
  }
  record.detail = detail;
  switch (error.code) {
    case schema::Code::kTooLarge:
      record.reason = reason::kTooLarge;
      break;
    case schema::Code::kBadTime:
      record.reason = reason::kTime;
      break;
    case schema::Code::kBadEncoding:
      record.reason = reason::kEncoding;
      break;
    case schema::Code::kBadRecord:
      record.reason = reason::kSchema;
      break;
    case schema::Code::kBadData:
      record.reason = reason::kRefused;
      break;
    default:
      record.reason = reason::kSyntax;
      break;
  }
  return record;
}

schema::Error internal_error(const std::exception& exception) {
  return schema::fail(schema::Code::kBadData,
                      "internal_error: " + boost::core::demangle(typeid(exception).name()) + " was thrown");
}

schema::Uuid quarantine_id(const QuarantinedRecord& record) {
  std::string text(record.reason);
  text += '\0';
  text += record.account_id;
  text += '\0';
  text += record.raw;
  return schema::sha256_uuid(text);
}

}  // namespace backtrail::ingest
