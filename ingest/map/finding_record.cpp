#include "ingest/map/finding_record.hpp"

#include <fmt/format.h>

#include "ingest/map/arn.hpp"

namespace backtrail::ingest {

schema::Error bad_record(std::string_view reason, std::string_view why) {
  return schema::fail(schema::Code::kBadRecord, fmt::format("{}: {}", reason, why));
}

schema::Result<std::string_view> identity_text(const schema::JsonNode* node, std::string_view name) {
  if (node == nullptr || node->is_null()) return std::string_view{};
  if (!node->is_string()) return bad_record("schema", fmt::format("{} is not a string", name));
  if (node->text().find('\0') != std::string_view::npos)
    return bad_record("schema", fmt::format("{} holds U+0000", name));
  return node->text();
}

std::string_view bare_macie_id(std::string_view id) {
  constexpr std::string_view kFinding = "finding/";
  const auto arn = parse_arn(id);
  const bool named =
      arn && arn->service == "macie2" && arn->resource.starts_with(kFinding) && arn->resource.size() > kFinding.size();
  return named ? arn->resource.substr(kFinding.size()) : id;
}

bool is_sample_title(std::string_view title) {
  return title.starts_with("[SAMPLE]");
}

void keep_raw(const schema::JsonNode& record, std::string_view raw, const MapContext& context,
              schema::Finding& finding) {
  finding.raw = raw;
  if (context.hash_key == nullptr) return;
  thread_local std::string scratch;  // findings are many and alike in size
  finding.content_fp = schema::value_fingerprint(record, *context.hash_key, scratch);
}

}  // namespace backtrail::ingest
