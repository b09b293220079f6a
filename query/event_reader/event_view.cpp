#include "query/event_reader/event_view.hpp"

#include <algorithm>
#include <array>

#include "query/cursor.hpp"
#include "schema/block_format/raw_codec.hpp"
#include "schema/record/cloudtrail_record.hpp"

namespace backtrail::query {
namespace {

using schema::EntityKind;

// What the columns alone tell.
schema::ApiEvent event_of_columns(const StoredEvent& stored) {
  schema::ApiEvent event;
  event.account_id = stored.account_id;
  event.region = stored.region;
  event.service = stored.service;
  event.api = stored.api;
  event.error_code = stored.error_code;
  return event;
}

// The columns decide what lists are ordered and filtered by; a record that was read by an older program must not
// disagree with the list that it stands in.
void keep_columns(const StoredEvent& stored, schema::ApiEvent& event) {
  event.event_id = stored.position.event_id;
  event.content_fp = stored.position.content_fp;
  event.event_time_us = stored.position.time_us;
  event.event_class = stored.event_class;
  event.outcome = stored.outcome;
  event.read_only = stored.read_only;
  event.flags = stored.flags;
}

constexpr std::string_view kEventKeyKind = "event";

struct FlagName {
  std::int32_t bit;
  std::string_view name;
};
constexpr std::array kFlagNames{FlagName{schema::kFlagFuture, "future"},
                                FlagName{schema::kFlagLeapSecond, "leap_second"},
                                FlagName{schema::kFlagMadeId, "made_id"},
                                FlagName{schema::kFlagMentionsCut, "mentions_cut"},
                                FlagName{schema::kFlagNoIdentity, "no_identity"},
                                FlagName{schema::kFlagNoRecipient, "no_recipient"},
                                FlagName{schema::kFlagServiceMade, "service_made"},
                                FlagName{schema::kFlagVpcPrivateIp, "private_ip"},
                                FlagName{schema::kFlagNulText, "nul_replaced"},
                                FlagName{schema::kFlagOcsf, "ocsf"}};

}  // namespace

schema::Result<schema::ApiEvent> read_record(std::string_view raw) {
  thread_local schema::JsonParser parser;
  thread_local std::string padded;
  padded.reserve(raw.size() + schema::kJsonPaddingBytes);  // the parser reads a little behind its input
  padded.assign(raw);
  const auto root = parser.parse(padded);
  if (!root) return root.error();
  auto event = schema::read_cloudtrail_record(**root, padded, {});
  if (event) event->raw = {};
  return event;
}

AskedEntities asked_entities(const EventFilter& filter) {
  std::vector<EntityTerm> asked;
  for (const auto& group : filter.entities) asked.insert(asked.end(), group.begin(), group.end());
  return std::make_shared<const std::vector<EntityTerm>>(std::move(asked));
}

std::vector<MatchedEntity> matched_entities(const std::vector<EntityTerm>& asked, const schema::ApiEvent& event) {
  std::vector<MatchedEntity> matched;
  const auto add = [&](const EntityTerm& term, schema::Direction direction) {
    MatchedEntity match{{term.kind, term.key, {}}, direction};
    if (std::find(matched.begin(), matched.end(), match) == matched.end()) matched.push_back(std::move(match));
  };
  for (const auto& term : asked) {
    const bool account = term.kind == EntityKind::kAccount;
    if (term.by && !account && is_by(event, term.kind, term.key)) add(term, schema::Direction::kBy);
    if (term.on && is_on(event, term.kind, term.key)) add(term, schema::Direction::kOn);
  }
  return matched;
}

std::string_view EventView::raw() const {
  if (schema::is_plain_raw(stored_.raw)) return schema::plain_raw(stored_.raw);
  return record().raw;
}

const EventView::Record& EventView::record() const {
  if (record_) return *record_;
  Record record;
  if (!schema::is_plain_raw(stored_.raw))
    if (auto unpacked = schema::decode_raw(stored_.raw)) record.raw = std::move(*unpacked);
  auto event = read_record(schema::is_plain_raw(stored_.raw) ? schema::plain_raw(stored_.raw) : record.raw);
  record.damaged = !event;
  record.event = event ? std::move(*event) : event_of_columns(stored_);
  keep_columns(stored_, record.event);
  record_ = std::make_shared<const Record>(std::move(record));
  return *record_;
}

std::vector<MatchedEntity> EventView::matched() const {
  if (!asked_ || asked_->empty() || damaged()) return {};
  return matched_entities(*asked_, event());
}

Proof::Proof(const EventFilter& filter) : filter_(filter) {
  // Accounts are no hashes.
  for (const auto& group : filter.entities) needed_ |= group.front().kind != EntityKind::kAccount;
}

bool Proof::holds(const EventView& view) {
  if (!needed_ || proven_.contains(view.list())) return true;
  // What cannot be read proves nothing, and is shown.
  if (view.damaged()) return true;
  if (!names_entities(filter_, view.event())) return false;
  if (view.list() != 0) proven_.insert(view.list());
  return true;
}

std::optional<schema::Entity> entity_of_facet(int facet, const schema::ApiEvent& event) {
  switch (facet) {
    case kFacetIpAddress:
      return event.ip_address;
    case kFacetAccessKey:
      return event.access_key;
    case kFacetUserAgent:
      return event.user_agent;
    case kFacetSession:
      return event.session;
    case kFacetPrincipal:
      return event.principal;
    default:
      return std::nullopt;
  }
}

std::vector<std::string_view> flag_names(const EventView& view) {
  std::vector<std::string_view> names;
  for (const auto& flag : kFlagNames)
    if ((view.event().flags & flag.bit) != 0) names.push_back(flag.name);
  if (view.variant) names.push_back("variant");
  if (view.damaged()) names.push_back("damaged");
  return names;
}

std::string event_key(const EventView& view) {
  const auto bytes = [](const schema::Uuid& id) {
    return std::string(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  };
  return encode_cursor(kEventKeyKind, 0,
                       {std::to_string(schema::day_of(view.position().time_us)), view.account_id(),
                        bytes(view.position().event_id), bytes(view.position().content_fp)});
}

std::optional<EventIdentity> parse_event_key(std::string_view text) {
  const auto parts = decode_cursor(kEventKeyKind, 0, text, 4);
  if (!parts) return std::nullopt;
  constexpr std::size_t kDayDigitsMax = 7;
  const auto& day = (*parts)[0];
  EventIdentity identity;
  if (day.empty() || day.size() > kDayDigitsMax || day.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  if (!schema::is_account_id((*parts)[1])) return std::nullopt;
  for (const std::size_t part : {std::size_t{2}, std::size_t{3}})
    if ((*parts)[part].size() != sizeof(schema::Uuid)) return std::nullopt;
  identity.day = static_cast<std::int32_t>(std::stol(day));
  constexpr std::int32_t kLastDay = 2'932'896;  // 9999-12-31
  if (identity.day > kLastDay) return std::nullopt;
  identity.account_id = (*parts)[1];
  std::copy((*parts)[2].begin(), (*parts)[2].end(), identity.event_id.bytes.begin());
  std::copy((*parts)[3].begin(), (*parts)[3].end(), identity.content_fp.bytes.begin());
  return identity;
}

}  // namespace backtrail::query
