#include "query/findings/finding_filter.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "query/findings/filter_values.hpp"
#include "schema/model/severity.hpp"

namespace backtrail::query {
namespace {

using schema::EntityKind;
using schema::Result;

constexpr std::array kSorts{FindingSort::kLastSeen, FindingSort::kFirstSeen, FindingSort::kSeverity,
                            FindingSort::kCount,    FindingSort::kType,      FindingSort::kAccount,
                            FindingSort::kRegion};

// What kinds of values a list of values may hold.
enum class Values : std::uint8_t { kSeverity, kAccount, kStatus, kRecordState, kText, kName };

struct ChoiceParameter {
  std::string_view name;
  Choice FindingFilter::*member;
  Values values;
};
constexpr std::array kChoices{
    ChoiceParameter{"severity", &FindingFilter::severity, Values::kSeverity},
    ChoiceParameter{"account_id", &FindingFilter::account_id, Values::kAccount},
    ChoiceParameter{"region", &FindingFilter::region, Values::kText},
    ChoiceParameter{"type", &FindingFilter::type, Values::kText},
    ChoiceParameter{"type_purpose", &FindingFilter::type_purpose, Values::kText},
    ChoiceParameter{"resource_type", &FindingFilter::resource_type, Values::kText},
    ChoiceParameter{"product", &FindingFilter::product, Values::kText},
    ChoiceParameter{"status", &FindingFilter::status, Values::kStatus},
    ChoiceParameter{"assignee", &FindingFilter::assignee, Values::kText},
    ChoiceParameter{"record_state", &FindingFilter::record_state, Values::kRecordState},
    ChoiceParameter{"user_name", &FindingFilter::user_name, Values::kName},
};

constexpr std::array<std::string_view, 5> kEntityParameters{"principal", "access_key", "resource", "remote_ip",
                                                            "instance"};
constexpr std::array<std::string_view, 7> kOtherFilters{"title", "entity", "sample", "archived", "open", "from", "to"};

bool is_ours(std::string_view name) {
  const auto in = [&](const auto& names) { return std::find(names.begin(), names.end(), name) != names.end(); };
  return in(kEntityParameters) || in(kOtherFilters) ||
         std::any_of(kChoices.begin(), kChoices.end(), [&](const auto& choice) { return choice.name == name; });
}

Result<void> check_value(std::string_view name, Values values, const std::string& text) {
  if (auto ok = check_filter_value(name, text); !ok) return ok;
  switch (values) {
    case Values::kSeverity:
      if (!schema::severity_from(text))
        return bad_parameter(name,
                             fmt::format("{} is no severity; use critical, high, medium, low, informational or unknown",
                                         shown_value(text)));
      break;
    case Values::kAccount:
      if (!schema::is_account_id(text))
        return bad_parameter(name, fmt::format("{} is no account id; an account id is 12 digits", shown_value(text)));
      break;
    case Values::kStatus:
      if (text != "new" && text != "in_progress" && text != "notified" && text != "resolved" && text != "suppressed")
        return bad_parameter(
            name,
            fmt::format("{} is no status; use new, in_progress, notified, resolved or suppressed", shown_value(text)));
      break;
    case Values::kRecordState:
      if (text != "active" && text != "archived")
        return bad_parameter(name, fmt::format("{} is no record state; use active or archived", shown_value(text)));
      break;
    case Values::kText:
    case Values::kName:
      break;
  }
  return {};
}

void sort_unique(std::vector<std::string>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

// Names of users and resources may hold commas: such a parameter is one value and is repeated for more.
std::vector<FilterValue> values_in(std::string_view raw, bool whole) {
  return whole ? std::vector<FilterValue>{filter_value(raw)} : split_filter_values(raw);
}

Result<void> add_to_choice(const ChoiceParameter& parameter, std::string_view raw, Choice& choice) {
  for (auto& value : values_in(raw, parameter.values == Values::kName)) {
    if (auto ok = check_value(parameter.name, parameter.values, value.text); !ok) return ok;
    auto& list = value.negated ? choice.none_of : choice.any_of;
    list.push_back(std::move(value.text));
    if (list.size() > kFilterValuesMax)
      return bad_parameter(parameter.name, fmt::format("at most {} values", kFilterValuesMax));
  }
  return {};
}

std::string lower_ascii(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// A title may hold commas: the whole value is one part of it.
Result<void> add_title(std::string_view raw, Choice& title) {
  auto value = filter_value(raw);
  if (value.text.empty()) return bad_parameter("title", "give a part of the title, or leave the parameter out");
  if (auto ok = check_filter_value("title", value.text); !ok) return ok;
  auto& list = value.negated ? title.none_of : title.any_of;
  list.push_back(std::move(value.text));
  if (list.size() > kFilterValuesMax) return bad_parameter("title", fmt::format("at most {} values", kFilterValuesMax));
  return {};
}

std::string cut_key(std::string_view key) {
  return std::string(schema::cut_entity_key(key));
}

// "resource" is what people call a resource: an ARN, a bare name of a bucket, an instance id, an access key id.
std::vector<NamedEntity> resource_entities(const std::string& text) {
  std::vector<NamedEntity> entities{{EntityKind::kResource, cut_key(text), {}}};
  if (text.find(':') == std::string::npos && text.find('/') == std::string::npos)
    entities.push_back({EntityKind::kResource, cut_key("arn:aws:s3:::" + text), {}});
  if (schema::is_instance_id(text)) entities.push_back({EntityKind::kInstance, text, {}});
  if (schema::is_access_key_id(text)) entities.push_back({EntityKind::kAccessKey, text, {}});
  return entities;
}

std::vector<NamedEntity> entities_of(std::string_view name, const std::string& text) {
  if (name == "principal") return {{EntityKind::kPrincipal, cut_key(text), {}}};
  if (name == "access_key") return {{EntityKind::kAccessKey, cut_key(text), {}}};
  if (name == "remote_ip") return {{EntityKind::kIpAddress, cut_key(text), schema::FindingRole::kRemote}};
  if (name == "instance") return {{EntityKind::kInstance, cut_key(text), {}}};
  return resource_entities(text);
}

Result<NamedEntity> parse_entity(std::string_view text) {
  const auto colon = text.find(':');
  const auto kind = schema::entity_kind_from(text.substr(0, colon));
  if (colon == std::string_view::npos || !kind || colon + 1 == text.size())
    return bad_parameter("entity",
                         fmt::format("{} is not KIND:KEY; kinds are account, principal, role_session, access_key, "
                                     "instance, ip_address, user_agent and resource",
                                     shown_value(text)));
  return NamedEntity{*kind, cut_key(text.substr(colon + 1)), {}};
}

// Gathers the entity parameters: one condition per parameter name.
class EntityConditions {
 public:
  Result<void> add(std::string_view name, std::string_view raw) {
    if (name == "entity") return add_entity(raw);
    for (const auto& value : values_in(raw, name == "resource" || name == "principal")) {
      if (value.text.empty()) return bad_parameter(name, "give a value, or leave the parameter out");
      if (auto ok = check_filter_value(name, value.text); !ok) return ok;
      for (auto& entity : entities_of(name, value.text)) (value.negated ? refused_ : wanted_of(name)).push_back(entity);
    }
    return check_count(name);
  }

  void finish(FindingFilter& filter) {
    for (auto& [name, entities] : wanted_) filter.named.push_back(unique(std::move(entities)));
    std::sort(filter.named.begin(), filter.named.end());
    filter.not_named = unique(std::move(refused_));
  }

 private:
  Result<void> add_entity(std::string_view raw) {
    if (auto ok = check_filter_value("entity", raw); !ok) return ok;
    const auto value = filter_value(raw);
    auto entity = parse_entity(value.text);
    if (!entity) return entity.error();
    (value.negated ? refused_ : wanted_of("entity")).push_back(std::move(*entity));
    return check_count("entity");
  }

  Result<void> check_count(std::string_view name) const {
    const auto known = std::find_if(wanted_.begin(), wanted_.end(), [&](const auto& one) { return one.first == name; });
    if (refused_.size() > kFilterValuesMax || (known != wanted_.end() && known->second.size() > kFilterValuesMax))
      return bad_parameter(name, fmt::format("at most {} values", kFilterValuesMax));
    return {};
  }

  std::vector<NamedEntity>& wanted_of(std::string_view name) {
    for (auto& [known, entities] : wanted_)
      if (known == name) return entities;
    return wanted_.emplace_back(name, std::vector<NamedEntity>{}).second;
  }

  static std::vector<NamedEntity> unique(std::vector<NamedEntity> entities) {
    std::sort(entities.begin(), entities.end());
    entities.erase(std::unique(entities.begin(), entities.end()), entities.end());
    return entities;
  }

  std::vector<std::pair<std::string_view, std::vector<NamedEntity>>> wanted_;
  std::vector<NamedEntity> refused_;
};

// true, false, or any as the empty value.
Result<std::optional<bool>> parse_tristate(std::string_view name, std::string_view text) {
  if (text == "any") return std::optional<bool>{};
  if (text == "true" || text == "false") return std::optional<bool>{text == "true"};
  return bad_parameter(name, fmt::format("{} is none of true, false and any", shown_value(text)));
}

// Parameters that may stand only once.
class SingleParameters {
 public:
  Result<bool> take(const Parameter& parameter, FindingFilter& filter) {
    const auto& [name, value] = parameter;
    if (name == "sample") return set(name, parse_tristate(name, value), filter.sample);
    if (name == "archived") return set(name, parse_tristate(name, value), filter.archived);
    if (name == "open") return set(name, parse_flag(name, value), filter.open);
    if (name == "from") return set(name, parse_time_parameter(name, value), filter.from_us);
    if (name == "to") return set(name, parse_time_parameter(name, value), filter.to_us);
    return false;
  }
  bool has(std::string_view name) const { return std::find(seen_.begin(), seen_.end(), name) != seen_.end(); }

 private:
  template <class T, class U>
  Result<bool> set(std::string_view name, Result<T> value, U& member) {
    if (!value) return value.error();
    if (has(name)) return bad_parameter(name, "give it once");
    seen_.push_back(name);
    member = *value;
    return true;
  }

  std::vector<std::string_view> seen_;
};

Result<void> take(const Parameter& parameter, FindingFilter& filter, EntityConditions& entities,
                  SingleParameters& singles) {
  const auto& [name, value] = parameter;
  for (const auto& choice : kChoices)
    if (choice.name == name) return add_to_choice(choice, value, filter.*choice.member);
  if (name == "title") return add_title(value, filter.title);
  const auto single = singles.take(parameter, filter);
  if (!single) return single.error();
  return *single ? Result<void>{} : entities.add(name, value);
}

void finish(FindingFilter& filter, const SingleParameters& singles) {
  for (const auto& choice : kChoices) {
    sort_unique((filter.*choice.member).any_of);
    sort_unique((filter.*choice.member).none_of);
  }
  sort_unique(filter.title.any_of);
  sort_unique(filter.title.none_of);
  // Whoever asks for archived or closed findings by another name must not be shown an empty list.
  const bool about_archived = !filter.record_state.empty() || filter.open == false;
  if (about_archived && !singles.has("archived")) filter.archived.reset();
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == ',' || c == ';') out += '\\';
    out += c;
  }
  return out;
}

void append_list(std::string_view name, const std::vector<std::string>& values, std::string_view mark,
                 std::string& out) {
  if (values.empty()) return;
  out.append(name).append(mark);
  for (const auto& value : values) out.append(escaped(value)).append(",");
  out += ';';
}

std::string entities_text(const std::vector<NamedEntity>& entities) {
  std::string out;
  for (const auto& entity : entities)
    out +=
        fmt::format("{}:{}:{},", name_of(entity.kind), entity.role ? name_of(*entity.role) : "", escaped(entity.key));
  return out;
}

std::string_view text_of(const std::optional<bool>& flag) {
  return !flag ? "any" : *flag ? "true" : "false";
}

Result<FindingSort> parse_sort(std::string_view text) {
  for (const FindingSort sort : kSorts)
    if (name_of(sort) == text) return sort;
  return bad_parameter(
      "sort", fmt::format("{} is no order of findings; use last_seen, first_seen, severity, count, type, account "
                          "or region",
                          shown_value(text)));
}

Result<void> take_paging(const Parameter& parameter, FindingPageRequest& request) {
  const auto& [name, value] = parameter;
  if (name == "sort") {
    const auto sort = parse_sort(value);
    if (!sort) return sort.error();
    request.sort = *sort;
  } else if (name == "order") {
    if (value != "asc" && value != "desc") return bad_parameter("order", "use desc or asc");
    request.descending = value == "desc";
  } else if (name == "limit") {
    const auto limit = parse_limit(value);
    if (!limit) return limit.error();
    request.limit = *limit;
  } else if (name == "cursor") {
    request.cursor = value;
  }
  return {};
}

}  // namespace

std::string_view name_of(FindingSort sort) {
  switch (sort) {
    case FindingSort::kLastSeen:
      return "last_seen";
    case FindingSort::kFirstSeen:
      return "first_seen";
    case FindingSort::kSeverity:
      return "severity";
    case FindingSort::kCount:
      return "count";
    case FindingSort::kType:
      return "type";
    case FindingSort::kAccount:
      return "account";
    case FindingSort::kRegion:
      return "region";
  }
  return "";
}

Result<bool> parse_flag(std::string_view name, std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return bad_parameter(name, fmt::format("{} is neither true nor false", shown_value(text)));
}

Result<std::int64_t> parse_time_parameter(std::string_view name, std::string_view text) {
  const auto time = schema::parse_rfc3339(text);
  if (!time)
    return bad_parameter(name, fmt::format("{} is no time; write it like 2026-11-20T10:00:00Z", shown_value(text)));
  return time->us;
}

Result<std::size_t> parse_limit(std::string_view text) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc{} || end != text.data() + text.size() || limit < 1 || limit > kPageRowsMax)
    return bad_parameter("limit", fmt::format("{} is no number from 1 to {}", shown_value(text), kPageRowsMax));
  return limit;
}

Result<FindingFilter> parse_finding_filter(Parameters parameters, std::span<const std::string_view> other_names) {
  FindingFilter filter;
  EntityConditions entities;
  SingleParameters singles;
  for (const auto& parameter : parameters) {
    if (std::find(other_names.begin(), other_names.end(), parameter.first) != other_names.end()) continue;
    if (!is_ours(parameter.first))
      return bad_parameter(shown_value(parameter.first),
                           "there is no such parameter; see /openapi.json for the filters of findings");
    if (const auto ok = take(parameter, filter, entities, singles); !ok) return ok.error();
  }
  if (filter.from_us && filter.to_us && *filter.from_us >= *filter.to_us)
    return bad_parameter("to", "the end of the interval must lie behind its beginning (from)");
  for (auto* list : {&filter.title.any_of, &filter.title.none_of})
    for (auto& part : *list) part = lower_ascii(std::move(part));
  finish(filter, singles);
  entities.finish(filter);
  return filter;
}

Result<FindingPageRequest> parse_finding_page(Parameters parameters, std::span<const std::string_view> other_names) {
  std::vector<std::string_view> others{"sort", "order", "limit", "cursor"};
  others.insert(others.end(), other_names.begin(), other_names.end());
  auto filter = parse_finding_filter(parameters, others);
  if (!filter) return filter.error();
  FindingPageRequest request;
  request.filter = std::move(*filter);
  for (const auto& parameter : parameters)
    if (const auto ok = take_paging(parameter, request); !ok) return ok.error();
  return request;
}

std::string canonical_text(const FindingFilter& filter) {
  std::string out;
  for (const auto& choice : kChoices) {
    append_list(choice.name, (filter.*choice.member).any_of, "=", out);
    append_list(choice.name, (filter.*choice.member).none_of, "!=", out);
  }
  append_list("title", filter.title.any_of, "=", out);
  append_list("title", filter.title.none_of, "!=", out);
  for (const auto& condition : filter.named) out.append("named=").append(entities_text(condition)).append(";");
  if (!filter.not_named.empty()) out.append("named!=").append(entities_text(filter.not_named)).append(";");
  out += fmt::format("sample={};archived={};open={};", text_of(filter.sample), text_of(filter.archived),
                     text_of(filter.open));
  if (filter.from_us) out += fmt::format("from={};", *filter.from_us);
  if (filter.to_us) out += fmt::format("to={};", *filter.to_us);
  return out;
}

std::string canonical_text(const FindingPageRequest& request) {
  return fmt::format("{}sort={};order={};", canonical_text(request.filter), name_of(request.sort),
                     request.descending ? "desc" : "asc");
}

}  // namespace backtrail::query
