// Whether an address is one of the public internet: no loopback, no private network, no link, no multicast, nothing
// reserved. For outgoing requests whose target a stranger had a hand in. Pure; thread-safe.
#pragma once
#include <sys/socket.h>

namespace backtrail::api {

bool is_public_address(const sockaddr* address);

}  // namespace backtrail::api
