#include "api/doors/public_address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>

namespace backtrail::api {
namespace {

struct Network {
  std::uint32_t address;
  int bits;
};
constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}
// The registry of special-purpose IPv4 addresses (RFC 6890 and its updates), multicast and what is beyond.
constexpr std::array kNotPublic{
    Network{v4(0, 0, 0, 0), 8},      Network{v4(10, 0, 0, 0), 8},     Network{v4(100, 64, 0, 0), 10},
    Network{v4(127, 0, 0, 0), 8},    Network{v4(169, 254, 0, 0), 16}, Network{v4(172, 16, 0, 0), 12},
    Network{v4(192, 0, 0, 0), 24},   Network{v4(192, 0, 2, 0), 24},   Network{v4(192, 88, 99, 0), 24},
    Network{v4(192, 168, 0, 0), 16}, Network{v4(198, 18, 0, 0), 15},  Network{v4(198, 51, 100, 0), 24},
    Network{v4(203, 0, 113, 0), 24}, Network{v4(224, 0, 0, 0), 3}};

bool is_public(std::uint32_t address) {
  return std::none_of(kNotPublic.begin(), kNotPublic.end(), [address](const Network& network) {
    return (address ^ network.address) >> (32 - network.bits) == 0;
  });
}

// Global unicast is 2000::/3; in it, documentation, benchmarks, 6to4 and Teredo lead elsewhere.
bool is_public(const in6_addr& address) {
  const std::uint8_t* b = address.s6_addr;
  if (b[0] >> 5 != 1) return false;
  if (b[0] == 0x20 && b[1] == 0x02) return false;
  return !(b[0] == 0x20 && b[1] == 0x01 && ((b[2] & 0xFE) == 0 || (b[2] == 0x0D && b[3] == 0xB8)));
}

}  // namespace

bool is_public_address(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    return is_public(ntohl(in.sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6) return false;
  sockaddr_in6 in{};
  std::memcpy(&in, address, sizeof in);
  return is_public(in.sin6_addr);
}

}  // namespace backtrail::api
