#include "api/http/client_address.hpp"

#include <algorithm>
#include <vector>

#include "api/http/text.hpp"

namespace backtrail::api {
namespace {

// Loose on purpose: enough to know that it is an address and not free text.
bool looks_like_address(std::string_view text) {
  constexpr std::size_t longest = 45;  // an IPv4-mapped IPv6 address written out
  return !text.empty() && text.size() <= longest &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

}  // namespace

std::string client_address(std::string_view peer_address, const Headers& headers,
                           const std::function<bool(std::string_view)>& is_trusted_proxy) {
  std::string_view client = peer_address;
  if (!is_trusted_proxy(client)) return std::string(client);
  std::vector<std::string_view> hops;
  for (const Headers::Field& field : headers) {
    if (!equal_ignore_case(field.name, "X-Forwarded-For")) continue;
    for (const std::string_view hop : split_list(field.value)) hops.push_back(hop);
  }
  for (auto hop = hops.rbegin(); hop != hops.rend() && is_trusted_proxy(client) && looks_like_address(*hop); ++hop) {
    client = *hop;
  }
  return std::string(client);
}

}  // namespace backtrail::api
