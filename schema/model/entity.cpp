#include "schema/model/entity.hpp"

#include <arpa/inet.h>

namespace backtrail::schema {

std::string_view cut_entity_key(std::string_view key) {
  if (key.size() <= kEntityKeyMaxBytes) return key;
  std::size_t end = kEntityKeyMaxBytes;
  while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0) == 0x80) --end;
  return key.substr(0, end);
}

bool is_instance_id(std::string_view text) {
  if (!text.starts_with("i-") || text.size() < 10 || text.size() > 19) return false;
  for (const char c : text.substr(2))
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  return true;
}

bool is_access_key_id(std::string_view text) {
  constexpr std::size_t kMin = 16, kMax = 128;
  if (!(text.starts_with("AKIA") || text.starts_with("ASIA")) || text.size() < kMin || text.size() > kMax) return false;
  for (const char c : text)
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))) return false;
  return true;
}

bool is_ip_address(std::string_view text) {
  // inet_pton would stop at a U+0000 and not see what stands behind it.
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return false;
  char buffer[INET6_ADDRSTRLEN] = {};
  text.copy(buffer, text.size());
  in6_addr address;
  return inet_pton(AF_INET, buffer, &address) == 1 || inet_pton(AF_INET6, buffer, &address) == 1;
}

}  // namespace backtrail::schema
