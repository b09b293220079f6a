#include "ingest/map/finding_builder.hpp"

#include <gtest/gtest.h>
#include <string>

namespace backtrail::ingest {
namespace {

using schema::EntityKind;
using schema::Finding;
using schema::FindingRole;

std::string dump(const Finding& finding) {
  std::string text;
  for (const auto& mention : finding.entities)
    text += std::string(name_of(mention.role)) + " " + mention.entity.key + " " + mention.attributes_json + "\n";
  return text;
}

Finding built(void (*fill)(FindingBuilder&)) {
  Finding finding;
  FindingBuilder builder(finding);
  fill(builder);
  builder.finish();
  return finding;
}

TEST(FindingBuilderTest, PutsActorsFirstThenTargetsRemotesAndRelated) {
  const Finding finding = built([](FindingBuilder& builder) {
    builder.add_entity(EntityKind::kResource, "sg-1", {}, FindingRole::kRelated);
    builder.add_entity(EntityKind::kIpAddress, "192.0.2.1", {}, FindingRole::kRemote);
    builder.add_entity(EntityKind::kInstance, "i-1", {}, FindingRole::kTarget);
    builder.add_entity(EntityKind::kPrincipal, "AIDA2", {}, FindingRole::kActor);
    builder.add_entity(EntityKind::kPrincipal, "AIDA1", {}, FindingRole::kActor);
  });
  EXPECT_EQ(dump(finding), "actor AIDA2 \nactor AIDA1 \ntarget i-1 \nremote 192.0.2.1 \nrelated sg-1 \n");
}

TEST(FindingBuilderTest, KeepsOneMentionInItsStrongestRoleWithAllThatIsSaid) {
  const Finding finding = built([](FindingBuilder& builder) {
    builder.add_entity(EntityKind::kInstance, "i-1", {}, FindingRole::kRelated, {{"type", "m5"}});
    builder.add_entity(EntityKind::kInstance, "i-1", "web", FindingRole::kTarget, {{"port", "22"}, {"empty", ""}});
    builder.add_entity(EntityKind::kInstance, "i-1", "other", FindingRole::kRelated, {{"port", "3389"}});
    builder.add_entity(EntityKind::kInstance, "i-1", {}, FindingRole::kRelated, {{"port", "22"}});
  });
  ASSERT_EQ(finding.entities.size(), 1U);
  EXPECT_EQ(finding.entities[0].entity.name, "web");
  EXPECT_EQ(dump(finding), "target i-1 {\"type\":\"m5\",\"port\":\"22, 3389\"}\n");
}

TEST(FindingBuilderTest, TheSameTextOfAnotherKindIsAnotherEntity) {
  const Finding finding = built([](FindingBuilder& builder) {
    builder.add_entity(EntityKind::kResource, "x", {}, FindingRole::kRelated);
    builder.add_entity(EntityKind::kAccessKey, "x", {}, FindingRole::kRelated);
  });
  EXPECT_EQ(finding.entities.size(), 2U);
}

TEST(FindingBuilderTest, ResourcesGetTheKeysThatApiEventsGiveThem) {
  const Finding finding = built([](FindingBuilder& builder) {
    builder.add_resource("arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0", {}, FindingRole::kTarget);
    builder.add_resource("arn:aws:ec2:eu-west-1:111122223333:volume/vol-0123456789abcdef0", {}, FindingRole::kRelated);
    builder.add_resource("arn:aws:iam::111122223333:role/app/prod/web", {}, FindingRole::kRelated);
    builder.add_resource("i-0fedcba9876543210", {}, FindingRole::kRelated);
    builder.add_resource("arn:broken", {}, FindingRole::kRelated);
    builder.add_resource("", {}, FindingRole::kRelated);
  });
  EXPECT_EQ(dump(finding),
            "target i-0123456789abcdef0 \n"
            "related arn:aws:ec2:eu-west-1:111122223333:volume/vol-0123456789abcdef0 \n"
            "related vol-0123456789abcdef0 \n"
            "related arn:aws:iam::111122223333:role/app/prod/web \n"
            "related arn:aws:iam::111122223333:role/web \n"
            "related i-0fedcba9876543210 \n"
            "related arn:broken \n");
}

Finding with_entities(std::size_t count) {
  Finding finding;
  FindingBuilder builder(finding);
  for (std::size_t i = 0; i < count; ++i)
    builder.add_entity(EntityKind::kResource, "r" + std::to_string(i), {}, FindingRole::kRelated);
  builder.add_entity(EntityKind::kPrincipal, "AIDA", {}, FindingRole::kActor);
  builder.finish();
  return finding;
}

TEST(FindingBuilderTest, KeepsEntitiesUpToTheLimitAndSaysWhatIsLeftOut) {
  const Finding full = with_entities(kFindingEntitiesMax - 1);
  EXPECT_EQ(full.entities.size(), kFindingEntitiesMax);
  EXPECT_TRUE(full.facts.empty());
  const Finding more = with_entities(kFindingEntitiesMax);
  EXPECT_EQ(more.entities.size(), kFindingEntitiesMax);
  EXPECT_EQ(more.entities[0].entity.key, "AIDA") << "the actor survives whatever comes before it";
  ASSERT_EQ(more.facts.size(), 1U);
  EXPECT_EQ(more.facts[0].first, "Entities left out");
  EXPECT_EQ(more.facts[0].second, "1 (see the raw record)");
}

Finding with_facts(std::size_t count) {
  Finding finding;
  FindingBuilder builder(finding);
  for (std::size_t i = 0; i < count; ++i) builder.add_fact("n", std::to_string(i));
  builder.add_fact("n", "0");  // said before: no second time, and not left out
  builder.add_fact("empty", "");
  builder.finish();
  return finding;
}

TEST(FindingBuilderTest, KeepsFactsUpToTheLimitAndSaysWhatIsLeftOut) {
  EXPECT_EQ(with_facts(kFindingFactsMax).facts.size(), kFindingFactsMax);
  const Finding more = with_facts(kFindingFactsMax + 1);
  ASSERT_EQ(more.facts.size(), kFindingFactsMax + 1);
  EXPECT_EQ(more.facts.back().first, "Facts left out");
  EXPECT_EQ(more.facts.back().second, "1 (see the raw record)");
}

TEST(FindingBuilderTest, CutsLongLabelsAndValues) {
  const Finding finding = built([](FindingBuilder& builder) {
    builder.add_fact(std::string(kFindingLabelMaxBytes, 'l'), std::string(kFindingFactMaxBytes, 'v'));
    builder.add_fact(std::string(kFindingLabelMaxBytes + 1, 'l'), std::string(kFindingFactMaxBytes + 1, 'v'));
  });
  EXPECT_EQ(finding.facts[0].first, std::string(kFindingLabelMaxBytes, 'l'));
  EXPECT_EQ(finding.facts[0].second, std::string(kFindingFactMaxBytes, 'v'));
  EXPECT_EQ(finding.facts[1].first.size(), kFindingLabelMaxBytes);
  EXPECT_EQ(finding.facts[1].second.size(), kFindingFactMaxBytes);
}

TEST(FindingBuilderTest, AttributesEndWhereTheLimitSays) {
  const auto json_bytes = [](std::size_t value_bytes) {
    Finding finding;
    FindingBuilder builder(finding);
    const std::string value(value_bytes, 'a');
    builder.add_entity(EntityKind::kResource, "r", {}, FindingRole::kRelated, {{"v", value}});
    builder.finish();
    return finding.entities[0].attributes_json.size();
  };
  const std::size_t quotes = std::string_view(R"({"v":""})").size();
  EXPECT_EQ(json_bytes(kEntityAttributeMaxBytes - 1), quotes + kEntityAttributeMaxBytes - 1);
  EXPECT_EQ(json_bytes(kEntityAttributeMaxBytes), quotes + kEntityAttributeMaxBytes);
  EXPECT_EQ(json_bytes(kEntityAttributeMaxBytes + 1), quotes + kEntityAttributeMaxBytes);
}

TEST(FindingBuilderTest, CutsLongTextBetweenCharacters) {
  const std::string exact(kFindingFactMaxBytes, 'a');
  EXPECT_EQ(shortened(exact, kFindingFactMaxBytes), exact);
  const std::string longer = exact + "a";
  const std::string cut = shortened(longer, kFindingFactMaxBytes);
  EXPECT_EQ(cut.size(), kFindingFactMaxBytes);
  EXPECT_TRUE(cut.ends_with("\xE2\x80\xA6"));
  // "é" has two bytes; four of the six leave no room for half of one
  EXPECT_EQ(shortened("\xC3\xA9\xC3\xA9\xC3\xA9", 5), "\xC3\xA9\xE2\x80\xA6");
  EXPECT_EQ(shortened("\xC3\xA9\xC3\xA9\xC3\xA9", 4), "\xE2\x80\xA6");
}

TEST(FindingBuilderTest, EntityKeysEndWhereTheSchemaSays) {
  const Finding finding = built([](FindingBuilder& builder) {
    builder.add_entity(EntityKind::kUserAgent, std::string(schema::kEntityKeyMaxBytes + 1, 'x'), {},
                       FindingRole::kRelated);
    builder.add_entity(EntityKind::kUserAgent, std::string(schema::kEntityKeyMaxBytes, 'x'), {}, FindingRole::kRelated);
  });
  ASSERT_EQ(finding.entities.size(), 1U);
  EXPECT_EQ(finding.entities[0].entity.key.size(), schema::kEntityKeyMaxBytes);
}

TEST(FindingBuilderTest, NulBecomesTheReplacementCharacter) {
  const Finding finding = built([](FindingBuilder& builder) {
    builder.add_fact("a", std::string_view("x\0y", 3));
    builder.add_entity(EntityKind::kResource, std::string_view("k\0", 2), {}, FindingRole::kRelated,
                       {{"v", std::string_view("\0", 1)}});
  });
  EXPECT_EQ(finding.facts[0].second, "x\xEF\xBF\xBDy");
  EXPECT_EQ(finding.entities[0].entity.key, "k\xEF\xBF\xBD");
  EXPECT_EQ(finding.entities[0].attributes_json, "{\"v\":\"\xEF\xBF\xBD\"}");
}

}  // namespace
}  // namespace backtrail::ingest
