#include "schema/model/finding.hpp"

namespace backtrail::schema {

Uuid finding_uid(const FindingIdentity& identity) {
  std::string text;
  for (const std::string* part : {&identity.account_id, &identity.product_key, &identity.provider_id}) {
    text += *part;
    text += '\0';
  }
  return sha256_uuid(text);
}

FindingTypeParts parse_finding_type(std::string_view type) {
  FindingTypeParts parts;
  const auto colon = type.find(':');
  const auto slash = colon == std::string_view::npos ? colon : type.find('/', colon);
  if (slash == std::string_view::npos) {
    parts.family = type;
    return parts;
  }
  parts.purpose = type.substr(0, colon);
  parts.resource = type.substr(colon + 1, slash - colon - 1);
  std::string_view rest = type.substr(slash + 1);
  if (const auto bang = rest.find('!'); bang != std::string_view::npos) {
    parts.artifact = rest.substr(bang + 1);
    rest = rest.substr(0, bang);
  }
  if (const auto dot = rest.find('.'); dot != std::string_view::npos) {
    parts.mechanism = rest.substr(dot + 1);
    rest = rest.substr(0, dot);
  }
  parts.family = rest;
  return parts;
}

}  // namespace backtrail::schema
