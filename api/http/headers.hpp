// An ordered list of header fields with case-insensitive lookup, for requests and for responses.
//
// Fields keep their order and spelling. Adding a field whose name is not a token or whose value holds a control
// character throws std::invalid_argument: a handler can not split a response by passing on a peer's text, the session
// turns the exception into a 500. Not synchronised: one thread at a time may change it.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backtrail::api {

class Headers {
 public:
  struct Field {
    std::string name;
    std::string value;
  };

  // Appends, even if the name is there already.
  void add(std::string_view name, std::string_view value);
  // Replaces every field of that name by this one.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);

  // The first field of that name. The view lives as long as this object stays unchanged.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  [[nodiscard]] bool contains(std::string_view name) const noexcept { return find(name).has_value(); }

  [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
  [[nodiscard]] auto end() const noexcept { return fields_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
  void reserve(std::size_t count) { fields_.reserve(count); }

 private:
  std::vector<Field> fields_;
};

}  // namespace backtrail::api
