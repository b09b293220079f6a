// A delivery as the payload of a spool record, and back. Pure.
#pragma once
#include <string>
#include <string_view>

#include "ingest/delivery.hpp"

namespace backtrail::ingest::spool {

std::string encode_delivery(const Delivery& delivery);
// kBadRecord when the payload was not written by encode_delivery().
schema::Result<Delivery> decode_delivery(std::string_view payload);

}  // namespace backtrail::ingest::spool
