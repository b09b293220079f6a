// What is read of a stored event, when, and which hits a proof accepts.
#include "query/event_reader/event_view.hpp"

#include <gmock/gmock.h>

#include "schema/block_format/raw_codec.hpp"

namespace backtrail::query {
namespace {

using schema::EntityKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kAlice = "AIDAEXAMPLEALICE0001";

std::string record_of(std::string_view principal) {
  return R"({"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":")" + std::string(principal) +
         R"(","accountId":"111122223333"},"eventTime":"2026-11-20T10:00:00Z","eventSource":"s3.amazonaws.com",)"
         R"("eventName":"GetObject","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7",)"
         R"("recipientAccountId":"111122223333"})";
}

StoredEvent stored_of(const std::string& raw, std::size_t list, bool packed = false) {
  StoredEvent stored;
  stored.account_id = "111122223333";
  stored.api = "GetObject";
  stored.list = list;
  if (packed)
    schema::append_encoded_raw(raw, stored.raw);
  else
    stored.raw = std::string(1, '\0') + raw;
  return stored;
}

EventFilter asking_for(EntityKind kind, const std::string& key) {
  EventFilter filter;
  filter.entities = {{{kind, key, true, true}}};
  return filter;
}

TEST(EventViewTest, GivesTheBytesAndWhatTheySay) {
  const auto filter = asking_for(EntityKind::kPrincipal, kAlice);
  const std::string raw = record_of(kAlice);
  for (const bool packed : {false, true}) {
    const EventView view(stored_of(raw, 0, packed), asked_entities(filter));
    EXPECT_EQ(view.raw(), raw);
    EXPECT_FALSE(view.damaged());
    EXPECT_EQ(view.event().principal->key, kAlice);
    EXPECT_EQ(view.raw(), raw) << "after it was read, too";
    EXPECT_THAT(view.matched(),
                ElementsAre(MatchedEntity{{EntityKind::kPrincipal, kAlice, ""}, schema::Direction::kBy}));
    const EventView copy = view;
    EXPECT_EQ(copy.raw(), raw);
  }
}

TEST(EventViewTest, ADamagedRecordIsWhatItsColumnsSay) {
  const auto filter = asking_for(EntityKind::kPrincipal, kAlice);
  std::string no_json = record_of(kAlice);
  no_json.pop_back();
  StoredEvent no_frame = stored_of(record_of(kAlice), 0);
  no_frame.raw = "\x02none";
  for (const auto& stored : {stored_of(no_json, 0), no_frame, stored_of("", 0), [] {
                               auto empty = stored_of("", 0);
                               empty.raw.clear();
                               return empty;
                             }()}) {
    const EventView view(stored, asked_entities(filter));
    EXPECT_TRUE(view.damaged());
    EXPECT_EQ(view.event().api, "GetObject");
    EXPECT_THAT(view.matched(), IsEmpty());
  }
}

TEST(ProofTest, OfAListOneIsEnough) {
  const auto filter = asking_for(EntityKind::kPrincipal, kAlice);
  Proof proof(filter);
  const auto holds = [&](const std::string& raw, std::size_t list) {
    return proof.holds(EventView(stored_of(raw, list), asked_entities(filter)));
  };
  const std::string bob = record_of("AIDAEXAMPLEBOB000001");
  EXPECT_FALSE(holds(bob, 1)) << "a list of somebody else with the same hash";
  EXPECT_FALSE(holds(bob, 1));
  EXPECT_TRUE(holds("{", 2)) << "a damaged record is shown";
  EXPECT_FALSE(holds(bob, 2)) << "and proves nothing";
  EXPECT_TRUE(holds(record_of(kAlice), 3));
  EXPECT_TRUE(holds(bob, 3)) << "not read again: the part's list is proven";
  EXPECT_FALSE(holds(bob, 1)) << "of that list alone";
  EXPECT_TRUE(holds(record_of(kAlice), 0));
  EXPECT_FALSE(holds(bob, 0)) << "what is in no list is read each time";
}

TEST(ProofTest, AccountsNeedNone) {
  const auto filter = asking_for(EntityKind::kAccount, "111122223333");
  Proof proof(filter);
  EXPECT_TRUE(proof.holds(EventView(stored_of("{", 0), asked_entities(filter))));
}

}  // namespace
}  // namespace backtrail::query
