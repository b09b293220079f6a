#include "api/http/server_core.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

namespace backtrail::api {

RequestIds::RequestIds() {
  std::random_device random;
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%08x%08x-", random(), random());
  prefix_.assign(text.data(), static_cast<std::size_t>(length));
}

std::string RequestIds::next() {
  std::array<char, 32> text{};
  const auto number = static_cast<unsigned long long>(counter_.fetch_add(1, std::memory_order_relaxed));
  const int length = std::snprintf(text.data(), text.size(), "%06llx", number);
  return prefix_ + std::string(text.data(), static_cast<std::size_t>(length));
}

ServerCore::ServerCore(ServerOptions given, Router table)
    : options(std::move(given)),
      router(std::move(table)),
      head_limits{options.limits.head_bytes, options.limits.large_head_bytes, options.large_head_prefixes},
      workers(std::max(1U, options.worker_threads)),
      ingest_workers(std::max(1U, options.ingest_threads)),
      limiter(std::make_shared<ConnectionLimiter>(options.limits.connections, options.limits.connections_per_address)),
      budget(std::make_shared<BodyBudget>(options.limits.in_flight_body_bytes, options.limits.reserved_body_bytes,
                                          options.limits.small_body_bytes)) {}

bool ServerCore::is_trusted_proxy(std::string_view address) const noexcept {
  return std::find(options.trusted_proxies.begin(), options.trusted_proxies.end(), address) !=
         options.trusted_proxies.end();
}

}  // namespace backtrail::api
