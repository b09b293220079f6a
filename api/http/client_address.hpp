// Who the client is when reverse proxies stand in between.
//
// Pure. X-Forwarded-For is read from its right end, where our own proxies write; an address that none of them vouches
// for is the client. What is further left was written by the client and is ignored.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "api/http/headers.hpp"

namespace backtrail::api {

[[nodiscard]] std::string client_address(std::string_view peer_address, const Headers& headers,
                                         const std::function<bool(std::string_view)>& is_trusted_proxy);

}  // namespace backtrail::api
