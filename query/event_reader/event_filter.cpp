#include "query/event_reader/event_filter.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

namespace backtrail::query {
namespace {

using schema::Code;
using schema::EntityKind;
using schema::Result;

schema::Error bad(std::string_view parameter, std::string_view what) {
  return schema::fail(Code::kBadParameter, fmt::format("{}: {}", parameter, what));
}

// The short forms, in the order of kEntityKinds. Keys of the last four kinds may hold commas.
struct ShortForm {
  std::string_view name;
  EntityKind kind;
  bool comma_separates;
};
constexpr std::array kShortForms{
    ShortForm{"access_key", EntityKind::kAccessKey, true},      ShortForm{"instance", EntityKind::kInstance, true},
    ShortForm{"ip_address", EntityKind::kIpAddress, true},      ShortForm{"principal", EntityKind::kPrincipal, false},
    ShortForm{"role_session", EntityKind::kRoleSession, false}, ShortForm{"user_agent", EntityKind::kUserAgent, false},
    ShortForm{"resource", EntityKind::kResource, false}};

constexpr std::array<std::string_view, 6> kTimeNames{"last", "from", "to", "scope", "finding", "lane"};
constexpr std::array<std::string_view, 8> kFieldNames{"account_id", "region",    "service",     "api",
                                                      "outcome",    "read_only", "event_class", "error_code"};

bool is_known(std::string_view name, std::span<const std::string_view> other_names) {
  const auto has = [name](const auto& names) { return std::find(names.begin(), names.end(), name) != names.end(); };
  const auto is_form = [name](const ShortForm& form) { return form.name == name; };
  return name == "entity" || name == "direction" || has(kTimeNames) || has(kFieldNames) || has(other_names) ||
         std::any_of(kShortForms.begin(), kShortForms.end(), is_form);
}

struct Value {
  std::string text;
  bool negated = false;
};

std::vector<std::string_view> split(std::string_view text, bool at_commas) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto comma = at_commas ? text.find(',') : std::string_view::npos;
    parts.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

// All values of one parameter; "!" in front refuses.
Result<std::vector<Value>> values_of(Parameters parameters, std::string_view name, bool at_commas) {
  std::vector<Value> values;
  for (const auto& [its_name, text] : parameters) {
    if (its_name != name) continue;
    for (std::string_view part : split(text, at_commas)) {
      const bool negated = part.starts_with('!');
      if (negated) part.remove_prefix(1);
      if (part.empty()) return bad(name, "is empty; leave the parameter out to ask for everything");
      if (part.size() > kFilterValueMaxBytes)
        return bad(name, fmt::format("a value is longer than {} bytes; shorten it", kFilterValueMaxBytes));
      if (part.find('\0') != std::string_view::npos) return bad(name, "holds a NUL; leave it out");
      values.push_back({std::string(part), negated});
      if (values.size() > kFilterValuesMax)
        return bad(name, fmt::format("has more than {} values; ask in several questions", kFilterValuesMax));
    }
  }
  return values;
}

// The one value of a parameter that may be given once.
Result<std::optional<std::string>> single(Parameters parameters, std::string_view name) {
  std::optional<std::string> found;
  for (const auto& [its_name, text] : parameters) {
    if (its_name != name) continue;
    if (found) return bad(name, "is given twice; give it once");
    if (text.empty()) return bad(name, "is empty; leave the parameter out or give it a value");
    found = text;
  }
  return found;
}

template <class T>
void sort_unique(std::vector<T>& items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

Result<Choice> parse_choice(Parameters parameters, std::string_view name) {
  auto values = values_of(parameters, name, true);
  if (!values) return values.error();
  Choice choice;
  for (auto& value : *values) (value.negated ? choice.none_of : choice.any_of).push_back(std::move(value.text));
  sort_unique(choice.any_of);
  sort_unique(choice.none_of);
  return choice;
}

// A choice among names that are known: what is refused is resolved into what remains.
template <class T, std::size_t N>
Result<std::optional<std::vector<T>>> parse_known(Parameters parameters, std::string_view name,
                                                  const std::array<T, N>& all) {
  const auto choice = parse_choice(parameters, name);
  if (!choice) return choice.error();
  if (choice->empty()) return std::optional<std::vector<T>>{};
  std::string names;
  for (const T item : all) names += fmt::format("{}{}", names.empty() ? "" : ", ", name_of(item));
  const auto known = [&](const std::string& text) {
    return std::any_of(all.begin(), all.end(), [&](T item) { return name_of(item) == text; });
  };
  for (const auto* list : {&choice->any_of, &choice->none_of})
    if (!std::all_of(list->begin(), list->end(), known)) return bad(name, fmt::format("use one of {}", names));
  std::vector<T> kept;
  for (const T item : all) {
    const std::string text(name_of(item));
    const auto in = [&](const std::vector<std::string>& list) {
      return std::binary_search(list.begin(), list.end(), text);
    };
    if ((choice->any_of.empty() || in(choice->any_of)) && !in(choice->none_of)) kept.push_back(item);
  }
  return std::optional<std::vector<T>>(std::move(kept));
}

Result<EntityTerm> checked_term(std::string_view parameter, EntityKind kind, std::string_view key, bool by, bool on) {
  if (kind == EntityKind::kAccount) {
    if (!schema::is_account_id(key)) return bad(parameter, "an account is 12 digits");
    by = on = true;  // an account's events are those that happened in it
  }
  return EntityTerm{kind, std::string(schema::cut_entity_key(key)), by, on};
}

// A group's accounts become a condition on the account; mixed with other kinds there would be no index to read by.
Result<void> add_group(std::string_view parameter, std::vector<EntityTerm> wanted, EventFilter& filter) {
  if (wanted.empty()) return {};
  sort_unique(wanted);
  const auto accounts = static_cast<std::size_t>(std::count_if(
      wanted.begin(), wanted.end(), [](const EntityTerm& term) { return term.kind == EntityKind::kAccount; }));
  if (accounts != 0 && accounts != wanted.size())
    return bad(parameter,
               "accounts and other kinds are not alternatives of each other; use account_id for the accounts");
  filter.entities.push_back(std::move(wanted));
  if (filter.entities.size() > kEntityGroupsMax)
    return bad(parameter, fmt::format("more than {} entity parameters; ask in several questions", kEntityGroupsMax));
  return {};
}

struct Directions {
  bool by = true;
  bool on = true;
};

Result<Directions> parse_direction(Parameters parameters) {
  const auto text = single(parameters, "direction");
  if (!text) return text.error();
  if (!*text || **text == "any") return Directions{};
  if (**text == "by") return Directions{true, false};
  if (**text == "on") return Directions{false, true};
  return bad("direction", "use by, on or any");
}

Result<void> parse_entities(Parameters parameters, EventFilter& filter) {
  const auto direction = parse_direction(parameters);
  if (!direction) return direction.error();
  const auto values = values_of(parameters, "entity", false);
  if (!values) return values.error();
  std::vector<EntityTerm> wanted;
  const auto add = [&](std::string_view name, EntityKind kind, const Value& value,
                       std::string_view key) -> Result<void> {
    auto term = checked_term(name, kind, key, direction->by, direction->on);
    if (!term) return term.error();
    (value.negated ? filter.not_entities : wanted).push_back(std::move(*term));
    return {};
  };
  for (const auto& value : *values) {
    const auto entity = parse_entity("entity", value.text);
    if (!entity) return entity.error();
    if (auto ok = add("entity", entity->kind, value, entity->key); !ok) return ok.error();
  }
  if (auto ok = add_group("entity", std::move(wanted), filter); !ok) return ok.error();
  for (const auto& form : kShortForms) {
    const auto keys = values_of(parameters, form.name, form.comma_separates);
    if (!keys) return keys.error();
    wanted.clear();
    for (const auto& value : *keys)
      if (auto ok = add(form.name, form.kind, value, value.text); !ok) return ok.error();
    if (auto ok = add_group(form.name, std::move(wanted), filter); !ok) return ok.error();
  }
  sort_unique(filter.not_entities);
  return {};
}

Result<void> parse_fields(Parameters parameters, EventFilter& filter) {
  const auto take = [&](std::string_view name, Choice& into) -> Result<void> {
    auto choice = parse_choice(parameters, name);
    if (!choice) return choice.error();
    into = std::move(*choice);
    return {};
  };
  if (auto ok = take("account_id", filter.account_id); !ok) return ok;
  for (const auto* list : {&filter.account_id.any_of, &filter.account_id.none_of})
    if (!std::all_of(list->begin(), list->end(), [](const auto& id) { return schema::is_account_id(id); }))
      return bad("account_id", "an account is 12 digits");
  if (auto ok = take("region", filter.region); !ok) return ok;
  if (auto ok = take("service", filter.service); !ok) return ok;
  if (auto ok = take("api", filter.api); !ok) return ok;
  if (auto ok = take("error_code", filter.error_code); !ok) return ok;

  constexpr std::array kOutcomes{schema::Outcome::kOk, schema::Outcome::kDenied, schema::Outcome::kFailed};
  auto outcomes = parse_known(parameters, "outcome", kOutcomes);
  if (!outcomes) return outcomes.error();
  filter.outcomes = std::move(*outcomes);
  constexpr std::array kClasses{schema::EventClass::kManagement, schema::EventClass::kData,
                                schema::EventClass::kInsight, schema::EventClass::kNetworkActivity};
  auto classes = parse_known(parameters, "event_class", kClasses);
  if (!classes) return classes.error();
  filter.event_classes = std::move(*classes);

  const auto read_only = single(parameters, "read_only");
  if (!read_only) return read_only.error();
  if (*read_only) {
    const auto flag = parse_flag("read_only", **read_only);
    if (!flag) return flag.error();
    filter.read_only = *flag;
  }
  return {};
}

Result<void> parse_finding(Parameters parameters, EventFilter& filter) {
  const auto finding = single(parameters, "finding");
  if (!finding) return finding.error();
  const auto lane = single(parameters, "lane");
  if (!lane) return lane.error();
  const auto scope = single(parameters, "scope");
  if (!scope) return scope.error();
  if (*scope && **scope != "finding") return bad("scope", "the only scope is 'finding'; use last, or from and to");
  if (!*finding) {
    if (*lane) return bad("lane", "belongs to a finding; give finding=FINDING_ID too");
    if (*scope) return bad("scope", "belongs to a finding; give finding=FINDING_ID too");
    return {};
  }
  FindingReference reference{**finding, 0, true};
  if (*lane) {
    const bool digits = (*lane)->size() <= 4 && (*lane)->find_first_not_of("0123456789") == std::string::npos;
    if (!digits) return bad("lane", "a number from 0: the position in the finding's list of activity");
    reference.lane = static_cast<std::size_t>(std::stoul(**lane));
  }
  const auto has = [&](std::string_view name) {
    return std::any_of(parameters.begin(), parameters.end(), [name](const auto& p) { return p.first == name; });
  };
  reference.scope = !(has("last") || has("from") || has("to"));
  if (*scope && !reference.scope) return bad("scope", "not together with last, from or to; choose one");
  filter.finding = std::move(reference);
  return {};
}

Result<std::int64_t> parse_instant(std::string_view name, const std::string& text) {
  if (const auto day = schema::parse_day(text)) return schema::day_start(*day);
  const auto time = schema::parse_rfc3339(text);
  if (!time) return bad(name, "use RFC 3339 in UTC, for example 2026-11-20T10:00:00Z");
  return time->us;
}

void append_field(std::string_view text, std::string& out) {
  out += fmt::format("{}:{}", text.size(), text);
}

void append_choice(std::string_view name, const Choice& choice, std::string& out) {
  if (choice.empty()) return;
  append_field(name, out);
  for (const auto& value : choice.any_of) append_field(value, out);
  out += '!';
  for (const auto& value : choice.none_of) append_field(value, out);
  out += ';';
}

void append_terms(std::string_view name, const std::vector<EntityTerm>& terms, std::string& out) {
  append_field(name, out);
  for (const auto& term : terms) {
    out += fmt::format("{}{}{}", static_cast<int>(term.kind), term.by ? 'b' : '-', term.on ? 'o' : '-');
    append_field(term.key, out);
  }
  out += ';';
}

template <class T>
void append_known(std::string_view name, const std::optional<std::vector<T>>& values, std::string& out) {
  if (!values) return;
  append_field(name, out);
  for (const T value : *values) append_field(name_of(value), out);
  out += ';';
}

}  // namespace

schema::Result<schema::Entity> parse_entity(std::string_view parameter, std::string_view text) {
  const auto colon = text.find(':');
  const auto kind = colon == std::string_view::npos ? std::nullopt : schema::entity_kind_from(text.substr(0, colon));
  if (!kind || colon + 1 == text.size())
    return bad(parameter,
               "use KIND:KEY, where KIND is account, principal, role_session, access_key, instance, ip_address, "
               "user_agent or resource");
  return schema::Entity{*kind, std::string(text.substr(colon + 1)), {}};
}

schema::Result<AskedRange> parse_range(Parameters parameters, std::int64_t now_us, std::string_view default_last) {
  const auto last = single(parameters, "last");
  if (!last) return last.error();
  const auto from = single(parameters, "from");
  if (!from) return from.error();
  const auto to = single(parameters, "to");
  if (!to) return to.error();
  if (*last && (*from || *to)) return bad("last", "not together with from or to; choose one");
  if (!*from && *to) return bad("from", "is missing; give both ends, or last");
  if (!*from) {
    const std::string text = *last ? **last : std::string(default_last);
    const auto span = schema::parse_duration(text);
    if (!span) return bad("last", "use a duration such as 1h, 24h, 7d or 90d");
    return AskedRange{{std::max<std::int64_t>(0, now_us - *span), now_us}, "last=" + text};
  }
  const auto from_us = parse_instant("from", **from);
  if (!from_us) return from_us.error();
  const auto to_us = *to ? parse_instant("to", **to) : Result<std::int64_t>(now_us);
  if (!to_us) return to_us.error();
  if (*from_us >= *to_us) return bad("from", "must be before to");
  const auto end = *to ? schema::format_rfc3339(*to_us) : "now";
  return AskedRange{{*from_us, *to_us}, fmt::format("from={}&to={}", schema::format_rfc3339(*from_us), end)};
}

schema::Result<EventFilter> parse_event_filter(Parameters parameters, std::int64_t now_us,
                                               std::span<const std::string_view> other_names) {
  for (const auto& parameter : parameters)
    if (!is_known(parameter.first, other_names))
      return bad(parameter.first.substr(0, 64), "is not a parameter here; check its spelling");
  EventFilter filter;
  if (auto ok = parse_entities(parameters, filter); !ok) return ok.error();
  if (auto ok = parse_fields(parameters, filter); !ok) return ok.error();
  if (auto ok = parse_finding(parameters, filter); !ok) return ok.error();
  if (filter.finding && filter.entities.size() == kEntityGroupsMax)
    return bad("finding", fmt::format("more than {} entity parameters; ask in several questions", kEntityGroupsMax));
  if (filter.finding && filter.finding->scope) {
    filter.range_asked = "scope=finding";
    return filter;
  }
  auto range = parse_range(parameters, now_us, kActivityDefaultLast);
  if (!range) return range.error();
  filter.range = range->range;
  filter.range_asked = std::move(range->asked);
  return filter;
}

std::string canonical_text(const EventFilter& filter) {
  std::string out;
  auto groups = filter.entities;
  std::sort(groups.begin(), groups.end());
  for (const auto& group : groups) append_terms("entity", group, out);
  if (!filter.not_entities.empty()) append_terms("not_entity", filter.not_entities, out);
  append_choice("account_id", filter.account_id, out);
  append_choice("region", filter.region, out);
  append_choice("service", filter.service, out);
  append_choice("api", filter.api, out);
  append_choice("error_code", filter.error_code, out);
  append_known("outcome", filter.outcomes, out);
  append_known("event_class", filter.event_classes, out);
  if (filter.read_only) append_field(*filter.read_only ? "read_only" : "not_read_only", out);
  if (filter.finding) {
    append_field("finding", out);
    append_field(filter.finding->finding_id, out);
    out += fmt::format("{}{};", filter.finding->lane, filter.finding->scope ? "s" : "");
  }
  append_field(filter.range_asked, out);
  return out;
}

}  // namespace backtrail::query
