// A line of an archive of ours (schema/archive/FORMAT.md): the record, and what is needed to restore its row.
//
// Only an import by an administrator restores; from anybody else the record inside is one like any other.
#include <algorithm>

#include "ingest/decode/base64.hpp"
#include "ingest/decode/decode.hpp"
#include "ingest/envelope/envelope.hpp"
#include "ingest/provenance.hpp"
#include "ingest/recognise.hpp"
#include "schema/core/time.hpp"

namespace backtrail::ingest {
namespace {

using schema::Code;
using schema::fail;
using schema::JsonNode;
using schema::Result;

constexpr std::string_view kFormat = "1", kQuarantine = "quarantine";
constexpr std::string_view kRecord = "record", kRecordText = "record_text", kRecordBase64 = "record_base64";

// A line taken apart: the record may be larger than a tree should be, so it is cut out first.
struct Parts {
  std::string head;
  Member record;
};
Parts parts_of(std::string_view text) {
  Parts parts;
  for (const Member& member : members_of(text)) {
    if (member.key == kRecord || member.key == kRecordText || member.key == kRecordBase64) {
      parts.record = member;
      continue;
    }
    parts.head += parts.head.empty() ? "{\"" : ",\"";
    parts.head.append(member.key).append("\":").append(member.value);
  }
  parts.head += '}';
  return parts;
}

// The exact bytes; nothing when they cannot be told.
std::optional<std::string> record_of(Recogniser& recogniser, const Member& record, int depth) {
  if (record.key == kRecord) return std::string(record.value);
  std::string list = "{\"list\":" + std::string(record.value) + "}";
  const std::size_t size = list.size();
  pad(list);
  const auto parsed = recogniser.parse(std::string_view(list).substr(0, size), depth);
  if (!parsed) return std::nullopt;
  const JsonNode* pieces = (*parsed)->find("list");
  if (pieces == nullptr || !pieces->is_array()) return std::nullopt;
  std::string bytes;
  for (const JsonNode& piece : pieces->children()) {
    if (!piece.is_string()) return std::nullopt;
    if (record.key == kRecordText) {
      bytes += piece.text();
      continue;
    }
    const auto decoded = decode_base64(piece.text());
    if (!decoded) return std::nullopt;
    bytes += *decoded;
  }
  return bytes;
}

std::int64_t number_at(const JsonNode& head, std::string_view key) {
  const JsonNode* node = head.find(key);
  if (node == nullptr || node->type() != schema::JsonType::kNumber) return 0;
  return std::strtoll(std::string(node->text()).c_str(), nullptr, 10);
}

std::optional<std::int64_t> time_at(const JsonNode& head, std::string_view key) {
  const auto time = schema::parse_rfc3339(head.string_at(key));
  return time ? std::optional(time->us) : std::nullopt;
}

std::optional<std::string> text_at(const JsonNode& head, std::string_view key) {
  const auto text = head.string_at(key);
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

RecordKind record_kind(std::string_view name) {
  for (const RecordKind kind : kRecordKinds)
    if (name_of(kind) == name) return kind;
  return RecordKind::kUnknown;
}

std::shared_ptr<const Provenance> provenance_of(const JsonNode& head, std::int64_t received_us) {
  auto provenance = std::make_shared<Provenance>();
  provenance->received_us = received_us;
  provenance->door = head.string_at("door");
  provenance->key_id = head.string_at("key_id");
  provenance->origin = head.string_at("origin");
  const JsonNode* variant = head.find("variant");
  provenance->variant = variant != nullptr && variant->type() == schema::JsonType::kTrue;
  provenance->status = text_at(head, "status");
  provenance->assignee = text_at(head, "assignee");
  if (const JsonNode* severity = head.find("effective_severity"))
    provenance->effective_severity = std::strtod(std::string(severity->text()).c_str(), nullptr);
  if (head.find("effective_severity_label") != nullptr)
    provenance->effective_severity_label = static_cast<int>(number_at(head, "effective_severity_label"));
  provenance->account_id = head.string_at("account_id");
  provenance->reason = head.string_at("reason");
  provenance->detail = head.string_at("detail");
  provenance->parser_version = head.string_at("parser_version");
  provenance->scope = head.string_at("scope");
  provenance->record_kind = record_kind(head.string_at("record_kind"));
  provenance->position = static_cast<std::uint64_t>(number_at(head, "position"));
  provenance->tries = static_cast<int>(number_at(head, "tries"));
  provenance->last_tried_us = time_at(head, "last_tried_at");
  provenance->resolved_us = time_at(head, "resolved_at");
  return provenance;
}

QuarantinedRecord quarantined_again(const Provenance& provenance, std::string bytes) {
  QuarantinedRecord record;
  record.reason = provenance.reason;  // the row that it goes into keeps what this points to
  record.detail = provenance.detail;
  record.account_id = provenance.account_id;
  record.position = provenance.position;
  record.kind = provenance.record_kind;
  record.raw = std::move(bytes);
  return record;
}

// The rows as they were, by the parser of today.
void restore(Recogniser& recogniser, const JsonNode& head, std::int64_t received_us, std::string bytes, int depth) {
  const auto provenance = provenance_of(head, received_us);
  recogniser.sink().on_provenance(provenance);
  if (head.string_at("kind") == kQuarantine) {
    recogniser.sink().on_quarantined(quarantined_again(*provenance, std::move(bytes)));
  } else {
    const MapContext then{received_us, recogniser.context().hash_key};
    Recogniser inner(then, recogniser.sink());
    inner.expand_text(bytes, depth);
  }
  recogniser.sink().on_provenance(nullptr);
}

}  // namespace

bool is_archive_line(std::string_view text) {
  return text.starts_with("{\"backtrail_archive\":");
}

void open_archive_line(Recogniser& recogniser, std::string_view text, int depth) {
  Parts parts = parts_of(text);
  const std::size_t size = parts.head.size();
  pad(parts.head);
  const auto head = recogniser.parse(std::string_view(parts.head).substr(0, size), depth);
  if (!head) return recogniser.quarantine(head.error(), text);
  const JsonNode* format = (*head)->find("backtrail_archive");
  if (format == nullptr || format->text() != kFormat)
    return recogniser.quarantine(fail(Code::kBadRecord, "unknown_shape: an archive of another format"), text);
  auto bytes = record_of(recogniser, parts.record, depth + 1);
  if (!bytes)
    return recogniser.quarantine(fail(Code::kBadRecord, "schema: a line of an archive without its record"), text);
  if (!recogniser.trusts_archives()) return recogniser.expand_text(*bytes, depth + 1);
  const auto received_us = time_at(**head, "received_at");
  if (!received_us)
    return recogniser.quarantine(fail(Code::kBadRecord, "schema: a line of an archive without its time"), text);
  restore(recogniser, **head, *received_us, std::move(*bytes), depth + 1);
}

}  // namespace backtrail::ingest
