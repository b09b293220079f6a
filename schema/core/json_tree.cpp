#include "schema/core/json_tree.hpp"

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>
#include <memory_resource>
#include <simdjson.h>

namespace backtrail::schema {
namespace {

namespace ondemand = simdjson::ondemand;

// The grammar of RFC 8259 §6; simdjson hands over the token unchecked.
bool is_json_number(std::string_view text) {
  std::size_t at = 0;
  const auto digit = [&] { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  const auto run = [&] {
    const std::size_t first = at;
    while (digit()) ++at;
    return at > first;
  };
  if (at < text.size() && text[at] == '-') ++at;
  if (at < text.size() && text[at] == '0')
    ++at;
  else if (!run())
    return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!run()) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!run()) return false;
  }
  return at == text.size();
}

// Numbers that no double can hold would be rounded or refused by every reader of the evidence.
bool exponent_is_absurd(std::string_view text) {
  const auto e = text.find_first_of("eE");
  if (e == std::string_view::npos) return false;
  auto digits = text.substr(e + 1);
  if (!digits.empty() && (digits[0] == '+' || digits[0] == '-')) digits.remove_prefix(1);
  while (!digits.empty() && digits[0] == '0') digits.remove_prefix(1);
  if (digits.size() > 3 || (digits.size() == 3 && digits > "308")) return true;
  // 12345e308 has a fair exponent and is beyond every double all the same.
  double value = 0;
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc::result_out_of_range;
}

bool has_duplicate_key(std::span<const JsonNode> members, std::vector<std::string_view>& scratch) {
  constexpr std::size_t kPairwiseMax = 24;  // below this, comparing pairs is cheaper than sorting
  if (members.size() <= kPairwiseMax) {
    for (std::size_t i = 1; i < members.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (members[i].key() == members[j].key()) return true;
    return false;
  }
  scratch.clear();
  for (const auto& member : members) scratch.push_back(member.key());
  std::sort(scratch.begin(), scratch.end());
  return std::adjacent_find(scratch.begin(), scratch.end()) != scratch.end();
}

std::string_view error_word(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "utf8";
    case simdjson::STRING_ERROR:
      return "string";
    case simdjson::UNESCAPED_CHARS:
      return "control_character";
    case simdjson::DEPTH_ERROR:
      return "depth";
    default:
      return "syntax";
  }
}

}  // namespace

const JsonNode* JsonNode::find(std::string_view key) const {
  if (type_ != JsonType::kObject) return nullptr;
  for (const auto& child : children())
    if (child.key() == key) return &child;
  return nullptr;
}

std::string_view JsonNode::string_at(std::string_view key) const {
  const JsonNode* member = find(key);
  return member != nullptr && member->is_string() ? member->text() : std::string_view{};
}

struct JsonParser::Impl {
  ondemand::parser parser;
  // Of the arena's first bytes: most records need no more, and so no allocation.
  std::array<std::byte, 64 * 1024> buffer;
  std::pmr::monotonic_buffer_resource arena{buffer.data(), buffer.size()};
  std::vector<JsonNode> pending;  // finished siblings of the containers that are still open
  std::vector<std::string_view> key_scratch;
  std::size_t nodes = 0;
  JsonNode root;
  std::string failure;  // set where build() returns false
  Code failure_code = Code::kBadJson;

  bool refuse(Code code, std::string why) {
    failure_code = code;
    failure = std::move(why);
    return false;
  }
  bool refuse(simdjson::error_code error) {
    return refuse(Code::kBadJson, fmt::format("{}: {}", error_word(error), simdjson::error_message(error)));
  }

  bool set_string(std::string_view text, std::string_view& out) {
    if (text.size() > kJsonMaxStringBytes)
      return refuse(Code::kTooLarge, fmt::format("string of more than {} bytes", kJsonMaxStringBytes));
    out = text;
    return true;
  }

  bool set_number(std::string_view token, JsonNode& out) {
    token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
    if (token.size() > kJsonMaxNumberChars)
      return refuse(Code::kBadJson, fmt::format("number: of more than {} characters", kJsonMaxNumberChars));
    if (!is_json_number(token) || exponent_is_absurd(token)) return refuse(Code::kBadJson, "number: not a JSON number");
    out.text_ = token;
    out.type_ = JsonType::kNumber;
    return true;
  }

  void adopt_children(std::size_t first, JsonNode& out) {
    const std::size_t count = pending.size() - first;
    out.count_ = static_cast<std::uint32_t>(count);
    if (count == 0) return;
    auto* copy = static_cast<JsonNode*>(arena.allocate(count * sizeof(JsonNode), alignof(JsonNode)));
    std::uninitialized_copy(pending.begin() + static_cast<std::ptrdiff_t>(first), pending.end(), copy);
    out.children_ = copy;
    pending.resize(first);
  }

  template <class Value>
  bool build_array(Value& value, unsigned depth, JsonNode& out) {
    out.type_ = JsonType::kArray;
    ondemand::array array;
    if (auto error = value.get_array().get(array)) return refuse(error);
    const std::size_t first = pending.size();
    for (auto item : array) {
      ondemand::value element;
      // simdjson's get() is for rvalues only. NOLINTNEXTLINE(performance-move-const-arg)
      if (auto error = std::move(item).get(element)) return refuse(error);
      JsonNode node;
      if (!build(element, depth + 1, node)) return false;
      pending.push_back(node);
    }
    adopt_children(first, out);
    return true;
  }

  template <class Value>
  bool build_object(Value& value, unsigned depth, JsonNode& out) {
    out.type_ = JsonType::kObject;
    ondemand::object object;
    if (auto error = value.get_object().get(object)) return refuse(error);
    const std::size_t first = pending.size();
    for (auto item : object) {
      ondemand::field field;
      if (auto error = std::move(item).get(field)) return refuse(error);
      std::string_view key;
      if (auto error = field.unescaped_key().get(key)) return refuse(error);
      if (key.find('\0') != std::string_view::npos) return refuse(Code::kBadJson, "nul_key: U+0000 in an object key");
      if (pending.size() - first >= kJsonMaxKeysPerObject)
        return refuse(Code::kTooLarge, fmt::format("object of more than {} keys", kJsonMaxKeysPerObject));
      JsonNode node;
      if (!set_string(key, node.key_)) return false;
      ondemand::value member = field.value();
      if (!build(member, depth + 1, node)) return false;
      pending.push_back(node);
    }
    if (has_duplicate_key(std::span(pending).subspan(first), key_scratch))
      return refuse(Code::kBadJson, "dup_key: an object has the same key twice");
    adopt_children(first, out);
    return true;
  }

  bool build(ondemand::value& value, unsigned depth, JsonNode& out) {
    if (depth > kJsonMaxDepth) return refuse(Code::kTooLarge, fmt::format("nested deeper than {}", kJsonMaxDepth));
    if (++nodes > kJsonMaxNodes) return refuse(Code::kTooLarge, fmt::format("more than {} values", kJsonMaxNodes));
    ondemand::json_type type;
    if (auto error = value.type().get(type)) return refuse(error);
    switch (type) {
      case ondemand::json_type::object:
        return build_object(value, depth, out);
      case ondemand::json_type::array:
        return build_array(value, depth, out);
      case ondemand::json_type::string: {
        std::string_view text;
        if (auto error = value.get_string().get(text)) return refuse(error);
        out.type_ = JsonType::kString;
        return set_string(text, out.text_);
      }
      case ondemand::json_type::number:
        return set_number(number_token(value), out);
      case ondemand::json_type::boolean: {
        bool flag = false;
        if (auto error = value.get_bool().get(flag)) return refuse(error);
        out.type_ = flag ? JsonType::kTrue : JsonType::kFalse;
        return true;
      }
      case ondemand::json_type::null: {
        bool null = false;
        if (auto error = simdjson::simdjson_result<bool>(value.is_null()).get(null)) return refuse(error);
        if (!null) return refuse(Code::kBadJson, "syntax: an atom that is not null");
        out.type_ = JsonType::kNull;
        return true;
      }
    }
    return refuse(Code::kBadJson, "syntax: not a JSON value");
  }

  // A token that is only looked at is skipped when the container that holds it moves on, so that a number which fits
  // no machine type does no harm.
  static std::string_view number_token(ondemand::value& value) {
    std::string_view token;
    if (simdjson::simdjson_result<std::string_view>(value.raw_json_token()).get(token)) return {};
    return token;
  }
};

JsonParser::JsonParser() : impl_(std::make_unique<Impl>()) {}
JsonParser::~JsonParser() = default;

Result<const JsonNode*> JsonParser::parse(std::string_view json) {
  static_assert(kJsonPaddingBytes >= simdjson::SIMDJSON_PADDING);
  Impl& s = *impl_;
  s.arena.release();
  s.pending.clear();
  s.nodes = 0;
  s.root = JsonNode{};
  const auto refused = [&] { return fail(s.failure_code, s.failure); };
  ondemand::document document;
  if (auto error =
          s.parser.iterate(simdjson::padded_string_view(json.data(), json.size(), json.size() + kJsonPaddingBytes))
              .get(document)) {
    s.refuse(error);
    return refused();
  }
  ondemand::json_type type;
  if (auto error = document.type().get(type)) {
    s.refuse(error);
    return refused();
  }
  const bool built = type == ondemand::json_type::object  ? s.build_object(document, 1, s.root)
                     : type == ondemand::json_type::array ? s.build_array(document, 1, s.root)
                                                          : s.refuse(Code::kBadJson, "syntax: not an object or array");
  if (!built) return refused();
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    s.refuse(Code::kBadJson, "syntax: text behind the value");
    return refused();
  }
  return &s.root;
}

// How many of the bytes from `at` on, eight at a time, need no escape for sure.
static std::size_t plain_bytes(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighBits = kOnes << 7;
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHighBits; };
  const std::size_t from = at;
  for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof word);
    const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHighBits;
    if ((control | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'))) != 0) break;
  }
  return at - from;
}

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = plain_bytes(text, 0); i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

void append_canonical(const JsonNode& node, std::string& out) {
  switch (node.type()) {
    case JsonType::kNull:
      out += "null";
      return;
    case JsonType::kFalse:
      out += "false";
      return;
    case JsonType::kTrue:
      out += "true";
      return;
    case JsonType::kNumber:
      out += node.text();
      return;
    case JsonType::kString:
      append_json_string(node.text(), out);
      return;
    case JsonType::kArray: {
      out += '[';
      for (const auto& child : node.children()) {
        append_canonical(child, out);
        out += ',';
      }
      out += ']';
      return;
    }
    case JsonType::kObject: {
      constexpr std::size_t kStackMembers = 48;  // most objects are small: no allocation
      const auto members = node.children();
      boost::container::small_vector<const JsonNode*, kStackMembers> sorted;
      sorted.reserve(members.size());
      for (const JsonNode& member : members) sorted.push_back(&member);
      std::sort(sorted.begin(), sorted.end(), [](const JsonNode* a, const JsonNode* b) { return a->key() < b->key(); });
      out += '{';
      for (const JsonNode* member : sorted) {
        append_json_string(member->key(), out);
        out += ':';
        append_canonical(*member, out);
        out += ',';
      }
      out += '}';
      return;
    }
  }
}

Uuid value_fingerprint(const JsonNode& node, const HashKey& key, std::string& scratch) {
  scratch.clear();
  append_canonical(node, scratch);
  return fingerprint128(key, scratch);
}

}  // namespace backtrail::schema
