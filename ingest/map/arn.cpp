#include "ingest/map/arn.hpp"

namespace backtrail::ingest {
namespace {

// Cuts up to the next `separator` off `rest`; false when there is none.
bool cut(std::string_view& rest, char separator, std::string_view& part) {
  const auto at = rest.find(separator);
  if (at == std::string_view::npos) return false;
  part = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return true;
}

bool cut_word(std::string_view& rest, std::string_view word) {
  if (!rest.starts_with(word)) return false;
  rest.remove_prefix(word.size());
  return true;
}

}  // namespace

std::optional<Arn> parse_arn(std::string_view text) {
  Arn arn;
  if (!cut_word(text, "arn:")) return std::nullopt;
  if (!cut(text, ':', arn.partition) || !cut(text, ':', arn.service) || !cut(text, ':', arn.region) ||
      !cut(text, ':', arn.account) || text.empty())
    return std::nullopt;
  arn.resource = text;
  return arn;
}

std::string_view last_part(std::string_view arn_or_name) {
  const auto at = arn_or_name.find_last_of("/:");
  return at == std::string_view::npos ? arn_or_name : arn_or_name.substr(at + 1);
}

std::optional<FindingArn> parse_guardduty_finding_arn(std::string_view text) {
  const auto arn = parse_arn(text);
  if (!arn || arn->service != "guardduty") return std::nullopt;
  FindingArn finding{arn->partition, arn->region, arn->account, {}, {}};
  std::string_view rest = arn->resource;
  if (!cut_word(rest, "detector/") || !cut(rest, '/', finding.detector_id) || !cut_word(rest, "finding/"))
    return std::nullopt;
  finding.finding_id = rest;
  if (finding.region.empty() || finding.finding_id.empty()) return std::nullopt;
  return finding;
}

}  // namespace backtrail::ingest
