#include "ingest/spool/delivery_codec.hpp"

#include <cstring>
#include <nlohmann/json.hpp>

namespace backtrail::ingest::spool {
namespace {

constexpr std::size_t kLengthBytes = 4;

std::vector<std::string> accounts_of(const schema::AccountScope& scope) {
  if (scope.is_all()) return {"*"};
  return {scope.account_ids().begin(), scope.account_ids().end()};
}

schema::Error damaged() {
  return schema::fail(schema::Code::kBadRecord, "spool: a record holds no delivery");
}

}  // namespace

std::string encode_delivery(const Delivery& delivery) {
  nlohmann::ordered_json about_delivery{{"id", to_string(delivery.id)},
                                        {"door", delivery.door},
                                        {"key_id", delivery.key_id},
                                        {"origin", delivery.origin},
                                        {"accounts", accounts_of(delivery.scope)},
                                        {"received_us", delivery.received_us},
                                        {"decoded_bytes_max", delivery.decoded_bytes_max}};
  if (delivery.replay_of)
    about_delivery["replay_of"] = {{"account_id", delivery.replay_of->account_id},
                                   {"id", to_string(delivery.replay_of->id)}};
  const std::string about = about_delivery.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::string out;
  out.reserve(kLengthBytes + about.size() + delivery.body.size());
  for (std::size_t i = 0; i < kLengthBytes; ++i) out += static_cast<char>(about.size() >> (8 * i));
  return out.append(about).append(delivery.body);
}

schema::Result<Delivery> decode_delivery(std::string_view payload) {
  if (payload.size() < kLengthBytes) return damaged();
  std::size_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    length |= static_cast<std::size_t>(static_cast<std::uint8_t>(payload[i])) << (8 * i);
  payload.remove_prefix(kLengthBytes);
  if (length > payload.size()) return damaged();
  const auto about = nlohmann::json::parse(payload.substr(0, length), nullptr, false);
  if (!about.is_object()) return damaged();
  try {
    Delivery delivery;
    if (!schema::parse_uuid(about.at("id").get<std::string>(), delivery.id)) return damaged();
    delivery.door = about.at("door");
    delivery.key_id = about.at("key_id");
    delivery.origin = about.at("origin");
    const auto scope = schema::AccountScope::from_list(about.at("accounts").get<std::vector<std::string>>());
    if (!scope) return damaged();
    delivery.scope = *scope;
    delivery.received_us = about.at("received_us");
    delivery.decoded_bytes_max = about.at("decoded_bytes_max");
    if (about.contains("replay_of")) {
      QuarantineKey key{about["replay_of"].at("account_id").get<std::string>(), {}};
      if (!schema::parse_uuid(about["replay_of"].at("id").get<std::string>(), key.id)) return damaged();
      delivery.replay_of = std::move(key);
    }
    delivery.body = payload.substr(length);
    return delivery;
  } catch (const nlohmann::json::exception&) {
    return damaged();
  }
}

}  // namespace backtrail::ingest::spool
