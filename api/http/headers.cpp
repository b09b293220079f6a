#include "api/http/headers.hpp"

#include <algorithm>
#include <stdexcept>

#include "api/http/text.hpp"

namespace backtrail::api {

void Headers::add(std::string_view name, std::string_view value) {
  if (!is_token(name)) throw std::invalid_argument("header name is not a token: " + escape_for_log(name, 64));
  if (!is_field_value(value))
    throw std::invalid_argument("control character in the value of header " + std::string(name));
  fields_.push_back({std::string(name), std::string(value)});
}

void Headers::set(std::string_view name, std::string_view value) {
  const std::string kept(value);  // the value may live in the field that is about to go
  remove(name);
  add(name, kept);
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [name](const Field& field) { return equal_ignore_case(field.name, name); });
}

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept {
  for (const Field& field : fields_) {
    if (equal_ignore_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

}  // namespace backtrail::api
