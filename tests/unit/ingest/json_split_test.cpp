#include "ingest/parse/json_split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace backtrail::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<Piece> pieces_of(std::string_view text, bool in_array = false) {
  std::vector<Piece> pieces;
  ValueStream stream(text, in_array);
  for (Piece piece; stream.next(piece);) pieces.push_back(piece);
  return pieces;
}

// "value TEXT", "garbage TEXT" or "truncated TEXT".
std::vector<std::string> split(std::string_view text, bool in_array = false) {
  std::vector<std::string> found;
  for (const Piece& piece : pieces_of(text, in_array)) {
    const char* kind = piece.kind == Piece::Kind::kValue     ? "value "
                       : piece.kind == Piece::Kind::kGarbage ? "garbage "
                                                             : "truncated ";
    found.push_back(kind + std::string(piece.text));
  }
  return found;
}

// --- values

TEST(JsonSplitTest, NothingInNothing) {
  for (const std::string_view text : {"", " ", "\r\n\t", "\xEF\xBB\xBF", ",", "\x1e"})
    EXPECT_THAT(split(text), IsEmpty());
}

TEST(JsonSplitTest, CutsValuesWhateverStandsBetween) {
  const auto both = ElementsAre(R"(value {"a":1})", R"(value {"b":[2]})");
  for (const std::string_view between : {"", " ", "\n", "\r\n", "\n\n\r\n", ",", ",\n", "\x1e", "\n\x1e"})
    EXPECT_THAT(split(std::string(R"({"a":1})") + std::string(between) + R"({"b":[2]})"), both);
  EXPECT_THAT(split("\xEF\xBB\xBF{\"a\":1}{\"b\":[2]}\n"), both);
}

TEST(JsonSplitTest, ArraysAreValuesToo) {
  EXPECT_THAT(split("[1][{}]"), ElementsAre("value [1]", "value [{}]"));
}

TEST(JsonSplitTest, StringsHideBracketsAndQuotes) {
  const std::string_view text = R"({"a":"}{][\"}","b\\":"\\\\","c":"\\\"{"}{"d":1})";
  EXPECT_THAT(split(text), ElementsAre(R"(value {"a":"}{][\"}","b\\":"\\\\","c":"\\\"{"})", R"(value {"d":1})"));
}

TEST(JsonSplitTest, AnArrayEndsAtItsBracket) {
  ValueStream stream(R"({"a":1}, {"b":2} ] {"c":3})", true);
  Piece piece;
  ASSERT_TRUE(stream.next(piece));
  EXPECT_EQ(stream.start_of_last(), 0U);
  ASSERT_TRUE(stream.next(piece));
  EXPECT_EQ(piece.text, R"({"b":2})");
  EXPECT_FALSE(stream.next(piece));
  EXPECT_FALSE(stream.next(piece));
  EXPECT_EQ(stream.position(), std::string_view(R"({"a":1}, {"b":2} ])").size());
}

TEST(JsonSplitTest, ScalarsInAnArrayAreSeparate) {
  EXPECT_THAT(split(R"(1, "x,]{", null ,{"a":1}])", true),
              ElementsAre("garbage 1", R"(garbage "x,]{")", "garbage null", R"(value {"a":1})"));
}

// --- damage

TEST(JsonSplitTest, GarbageEndsWhereAValueOrALineBegins) {
  EXPECT_THAT(split("what is this {\"a\":1}"), ElementsAre("garbage what is this", R"(value {"a":1})"));
  EXPECT_THAT(split("one\ntwo\n{\"a\":1}\nthree"),
              ElementsAre("garbage one", "garbage two", R"(value {"a":1})", "garbage three"));
  EXPECT_THAT(split("}{\"a\":1}]"), ElementsAre("garbage }", R"(value {"a":1})", "garbage ]"));
}

TEST(JsonSplitTest, AValueThatNeverClosesEndsWithItsLine) {
  EXPECT_THAT(split("{\"a\":1\n{\"b\":2}\n"), ElementsAre("truncated {\"a\":1", R"(value {"b":2})"));
  EXPECT_THAT(split("{\"a\":\"x\n{\"b\":2}\n{\"c\":3}"),
              ElementsAre("truncated {\"a\":\"x", R"(value {"b":2})", R"(value {"c":3})"));
  EXPECT_THAT(split("{\"a\":1}\n{\"b\":"), ElementsAre(R"(value {"a":1})", R"(truncated {"b":)"));
}

TEST(JsonSplitTest, IndentationTellsWhereTheNextRecordBegins) {
  const std::string_view pretty = "  {\n    \"a\": {\n      \"x\": 1\n    \n  },\n  {\n    \"b\": {\n    }\n  }\n";
  const auto found = split(pretty);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1], "value {\n    \"b\": {\n    }\n  }");
}

// A file of lines that never close must not take the square of its size: this is a megabyte of each.
TEST(JsonSplitTest, DamageTakesLinearTime) {
  const auto repeated = [](std::string_view text, std::size_t bytes) {
    std::string out;
    while (out.size() < bytes) out += text;
    return out;
  };
  constexpr std::size_t kBytes = 1020 * 1024;
  EXPECT_EQ(split(repeated("{\n", kBytes)).size(), kBytes / 2);
  EXPECT_EQ(split(repeated("[\n", kBytes)).size(), kBytes / 2);
  EXPECT_EQ(split(repeated("{\"\n", kBytes)).size(), (kBytes + 2) / 3);
  EXPECT_EQ(split(repeated("{", kBytes)).size(), 1U);
  EXPECT_EQ(split(repeated("{\"a\":", kBytes)).size(), 1U);
  EXPECT_GT(split(repeated("\"", kBytes)).size(), 0U);
  EXPECT_GT(split(repeated("\\\"", kBytes)).size(), 0U);
  EXPECT_GT(split(repeated("x{\n", kBytes)).size(), 0U);
  EXPECT_GT(split(repeated("}", kBytes)).size(), 0U);
  std::string stairs;
  for (std::size_t indent = 0; stairs.size() < kBytes; ++indent) stairs += "{\n" + std::string(indent, ' ');
  EXPECT_GT(split(stairs).size(), 0U);
}

TEST(JsonSplitTest, GoodRecordsBehindMuchDamageAreFound) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "{\"broken\":[\n";
  for (int i = 0; i < 1000; ++i) text += "{\"good\":[]}\n";
  const auto found = split(text);
  EXPECT_EQ(std::count(found.begin(), found.end(), R"(value {"good":[]})"), 1000);
  EXPECT_EQ(found.size(), 2000U);
}

// Every byte but white space and separators is in exactly one piece, in order.
TEST(JsonSplitTest, LosesNoByte) {
  EXPECT_TRUE(rc::check("text of JSON's characters", [] {
    const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("{{}}[]\"\\,: ax1\n")));
    std::string rest;
    std::size_t at = 0;
    for (const Piece& piece : pieces_of(text)) {
      const auto start = static_cast<std::size_t>(piece.text.data() - text.data());
      RC_ASSERT(start >= at);
      RC_ASSERT(!piece.text.empty());
      rest += text.substr(at, start - at);
      at = start + piece.text.size();
    }
    rest += text.substr(at);
    RC_ASSERT(rest.find_first_not_of(" \n,") == std::string::npos);
  }));
}

// --- end_of_value, members, arrays

TEST(EndOfValueTest, IsBehindTheMatchingBracket) {
  EXPECT_EQ(end_of_value("{}x", 0), 2U);
  EXPECT_EQ(end_of_value("x[[]]", 1), 5U);
  EXPECT_EQ(end_of_value(R"({"a":"}"})", 0), 9U);
  for (const std::string_view open : {"{", "[", "{[]", R"({"a":"})", R"({"a":"\"})", "[\""})
    EXPECT_EQ(end_of_value(open, 0), std::string_view::npos) << open;
}

std::vector<std::pair<std::string, std::string>> members(std::string_view object) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const Member& member : members_of(object)) found.emplace_back(member.key, member.value);
  return found;
}

TEST(MembersTest, AreCutByTheirOuterForm) {
  EXPECT_THAT(members(R"( { "a" : 1 , "b\"": "x,}" ,"c":[{}], "d":{"e":null},"f":true } )"),
              ElementsAre(Pair("a", "1"), Pair(R"(b\")", R"("x,}")"), Pair("c", "[{}]"), Pair("d", R"({"e":null})"),
                          Pair("f", "true")));
  EXPECT_THAT(members("{}"), IsEmpty());
  EXPECT_THAT(members("[1]"), IsEmpty());
  EXPECT_THAT(members(""), IsEmpty());
  EXPECT_THAT(members(R"({"a":[1)"), IsEmpty());
}

std::string array_behind(std::string_view object, std::size_t from = 0) {
  const std::size_t at = find_array_member(object, {"Records", "Findings"}, from);
  return at == std::string_view::npos ? "none" : std::string(object.substr(at));
}

TEST(FindArrayMemberTest, LooksOnlyAtTheObjectsOwnLevel) {
  EXPECT_EQ(array_behind(R"({"Records":[1]})"), "1]}");
  EXPECT_EQ(array_behind(R"({"a":{"Records":[1]},"b":"\"Records\":[","Findings" : [2]})"), "2]}");
  EXPECT_EQ(array_behind(R"({"Records":{},"Findings":null})"), "none");
  EXPECT_EQ(array_behind(R"(["Records",[1]])"), "none");
  EXPECT_EQ(array_behind(R"({"records":[1]})"), "none");
}

TEST(IsListOfTest, IsTrueOfOneListAndNothingElse) {
  const auto is_list = [](std::string_view text) {
    Piece piece;
    ValueStream stream(text);
    return stream.next(piece) && is_list_of(piece, {"Records", "Findings"});
  };
  EXPECT_TRUE(is_list(R"({"Records":[{"a":"]}"},[]]})"));
  EXPECT_TRUE(is_list("{ \"Findings\" : [] \n}"));
  for (const char* other : {R"({"Records":[1],"Findings":[2]})", R"({"a":1,"Records":[]})", R"({"Records":[],"a":1})",
                            R"({"Records":{}})", R"({"Records":[1)", R"({"Records":[1]])", R"([{"Records":[]}])",
                            R"({"records":[]})", R"({"Records":[],})", R"({"Records":null})", "{}", ""})
    EXPECT_FALSE(is_list(other)) << other;
}

TEST(FindArrayMemberTest, WorksOnObjectsThatNeverClose) {
  EXPECT_EQ(array_behind(R"({"a":1,"Records":[{"b":1},{"c")"), R"({"b":1},{"c")");
  EXPECT_EQ(array_behind(R"({"a":{"b)"), "none");
  EXPECT_EQ(array_behind(R"({"Records":)"), "none");
}

TEST(FindArrayMemberTest, GoesOnBehindAPosition) {
  const std::string_view object = R"({"Records":[1],"x":[2],"Findings":[3]})";
  const std::size_t behind_first = object.find(']') + 1;
  EXPECT_EQ(array_behind(object, behind_first), "3]}");
  EXPECT_EQ(array_behind(object, object.find("3]") + 2), "none");
}

}  // namespace
}  // namespace backtrail::ingest
