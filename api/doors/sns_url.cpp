#include "api/doors/sns_url.hpp"

#include <algorithm>

namespace backtrail::api {
namespace {

constexpr std::string_view kScheme = "https://", kService = "sns.", kFile = "SimpleNotificationService-", kPem = ".pem";
constexpr std::size_t kRegionMin = 3, kRegionMax = 30, kFingerprintDigits = 32;
constexpr std::size_t kTopicNameMax = 256;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_region(std::string_view text) {
  return text.size() >= kRegionMin && text.size() <= kRegionMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_sns_host(std::string_view host) {
  if (!host.starts_with(kService)) return false;
  host.remove_prefix(kService.size());
  const auto dot = host.find('.');
  if (dot == std::string_view::npos) return false;
  const auto domain = host.substr(dot);
  return is_region(host.substr(0, dot)) && (domain == ".amazonaws.com" || domain == ".amazonaws.com.cn");
}

// The host of an https URL and what follows it, from the slash on.
struct Parts {
  std::string_view host, rest;
};
std::optional<Parts> split(std::string_view url) {
  if (url.size() > kSnsUrlBytesMax || !url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const auto slash = url.find('/');
  if (slash == std::string_view::npos || !is_sns_host(url.substr(0, slash))) return std::nullopt;
  return Parts{url.substr(0, slash), url.substr(slash)};
}

}  // namespace

std::optional<SnsCertificateUrl> parse_sns_certificate_url(std::string_view url) {
  const auto parts = split(url);
  if (!parts) return std::nullopt;
  const std::string_view file = parts->rest.substr(1);
  if (file.size() != kFile.size() + kFingerprintDigits + kPem.size() || !file.starts_with(kFile) ||
      !file.ends_with(kPem))
    return std::nullopt;
  const auto digits = file.substr(kFile.size(), kFingerprintDigits);
  const bool hexadecimal = std::all_of(digits.begin(), digits.end(),
                                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!hexadecimal) return std::nullopt;
  SnsCertificateUrl parsed;
  parsed.host = parts->host;
  parsed.file_name = file;
  parsed.url = std::string(kScheme) + parsed.host + "/" + parsed.file_name;
  return parsed;
}

bool is_sns_confirmation_url(std::string_view url) {
  const auto parts = split(url);
  if (!parts || !parts->rest.starts_with("/?")) return false;
  const auto query = parts->rest.substr(2);
  // The alphabet of a query without what begins a fragment, ends an attribute or is no character of a URL.
  const auto allowed = [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~%=&:/+,;@").find(c) != std::string_view::npos;
  };
  return std::all_of(query.begin(), query.end(), allowed) &&
         ("&" + std::string(query) + "&").find("&Action=ConfirmSubscription&") != std::string::npos;
}

std::optional<SnsTopic> parse_sns_topic(std::string_view arn) {
  std::string_view fields[6];
  for (int i = 0; i < 5; ++i) {
    const auto colon = arn.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    fields[i] = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  fields[5] = arn;
  const auto name_letter = [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
  };
  const bool partition = fields[1] == "aws" || (fields[1].starts_with("aws-") && is_region(fields[1]));
  const bool account = fields[4].size() == 12 &&
                       std::all_of(fields[4].begin(), fields[4].end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool name = !fields[5].empty() && fields[5].size() <= kTopicNameMax &&
                    std::all_of(fields[5].begin(), fields[5].end(), name_letter);
  if (fields[0] != "arn" || !partition || fields[2] != "sns" || !is_region(fields[3]) || !account || !name)
    return std::nullopt;
  return SnsTopic{std::string(fields[3]), std::string(fields[4]), std::string(fields[5])};
}

}  // namespace backtrail::api
