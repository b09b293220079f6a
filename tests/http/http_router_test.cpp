// Paths are decoded once and never normalised; the table finds routes, 404 and 405.
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <variant>

#include "api/http/router.hpp"
#include "api/http/target.hpp"

namespace backtrail::api {
namespace {

Handler any_handler() {
  return [](const Request&) { return respond::text("x"); };
}

Router table() {
  Router router;
  router.add(Method::kGet, "/", any_handler());
  router.add(Method::kGet, "/api/v1/findings", any_handler());
  router.add(Method::kGet, "/api/v1/findings/{id}", any_handler());
  router.add(Method::kPatch, "/api/v1/findings/{id}", any_handler());
  router.add(Method::kPost, "/api/v1/findings/search", any_handler());
  router.add(Method::kGet, "/api/v1/findings/{finding}/events/{event}", any_handler());
  router.add(Method::kGet, "/tags/{arn*}", any_handler());
  router.add(Method::kGet, "/tags/fixed", any_handler());
  return router;
}

// Status, then what was found.
struct Found {
  int status = 0;
  std::string pattern;
  std::vector<PathParameter> parameters;
  std::string allow;
};

Found find(const Router& router, Method method, const std::string& target) {
  auto decoded = decode_target(target);
  if (const auto* refusal = std::get_if<Refusal>(&decoded)) return {refusal->status, {}, {}, {}};
  Router::Match match = router.match(method, std::get<Target>(decoded).segments);
  if (match.route != nullptr) return {200, match.route->pattern, std::move(match.parameters), {}};
  return {match.allow.empty() ? 404 : 405, {}, {}, match.allow};
}

TEST(HttpRouterTest, FindsLiteralsAndParameters) {
  const Router router = table();
  EXPECT_EQ(find(router, Method::kGet, "/").pattern, "/");
  EXPECT_EQ(find(router, Method::kGet, "/?a=b").pattern, "/");
  EXPECT_EQ(find(router, Method::kGet, "/api/v1/findings").pattern, "/api/v1/findings");
  const Found one = find(router, Method::kGet, "/api/v1/findings/12%3A3");
  EXPECT_EQ(one.pattern, "/api/v1/findings/{id}");
  ASSERT_EQ(one.parameters.size(), 1U);
  EXPECT_EQ(one.parameters[0].name, "id");
  EXPECT_EQ(one.parameters[0].value, "12:3");
  const Found two = find(router, Method::kGet, "/api/v1/findings/a/events/b");
  ASSERT_EQ(two.parameters.size(), 2U);
  EXPECT_EQ(two.parameters[0].name, "finding");
  EXPECT_EQ(two.parameters[0].value, "a");
  EXPECT_EQ(two.parameters[1].name, "event");
  EXPECT_EQ(two.parameters[1].value, "b");
}

TEST(HttpRouterTest, LiteralWinsButDoesNotHideTheParameter) {
  const Router router = table();
  EXPECT_EQ(find(router, Method::kPost, "/api/v1/findings/search").pattern, "/api/v1/findings/search");
  const Found other = find(router, Method::kGet, "/api/v1/findings/search");
  EXPECT_EQ(other.pattern, "/api/v1/findings/{id}");
  EXPECT_EQ(other.parameters.at(0).value, "search");
}

TEST(HttpRouterTest, RestTakesOneOrMoreSegments) {
  const Router router = table();
  const Found found = find(router, Method::kGet, "/tags/arn:aws:x/y/z");
  EXPECT_EQ(found.pattern, "/tags/{arn*}");
  EXPECT_EQ(found.parameters.at(0).value, "arn:aws:x/y/z");
  EXPECT_EQ(find(router, Method::kGet, "/tags/fixed").pattern, "/tags/fixed");
  EXPECT_EQ(find(router, Method::kGet, "/tags/fixed/more").pattern, "/tags/{arn*}");
  EXPECT_EQ(find(router, Method::kGet, "/tags").status, 404);
}

TEST(HttpRouterTest, TellsWrongMethodFromWrongPath) {
  const Router router = table();
  const Found wrong = find(router, Method::kDelete, "/api/v1/findings/search");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.allow, "GET, HEAD, POST, PATCH");
  EXPECT_EQ(find(router, Method::kPost, "/").allow, "GET, HEAD");
  EXPECT_EQ(find(router, Method::kOptions, "/").status, 405);
  EXPECT_EQ(find(router, Method::kGet, "/nothing").status, 404);
  EXPECT_EQ(find(router, Method::kGet, "/api").status, 404);
  EXPECT_EQ(find(router, Method::kGet, "/api/v1/findings/a/b").status, 404);
}

TEST(HttpRouterTest, HeadIsServedByGet) {
  const Router router = table();
  EXPECT_EQ(find(router, Method::kHead, "/api/v1/findings/1").pattern, "/api/v1/findings/{id}");
}

TEST(HttpRouterTest, NeverNormalisesAPath) {
  const Router router = table();
  for (const char* path : {"/api/../api/v1/findings",
                           "/api/v1/./findings",
                           "//api/v1/findings",
                           "/api//v1/findings",
                           "/api/v1/findings/",
                           "/api/v1/findings//",
                           "/api/v1%2Ffindings",
                           "/api%2fv1/findings",
                           "/api/v1/findings/%2e%2e",
                           "/api/v1/findings/%2E",
                           "/api/v1/findings/..",
                           "/api/v1/findings/a%2Fb",
                           "/api/v1/findings/a%5Cb",
                           "/api/v1/findings/a\\b",
                           "/%2e%2e/etc/passwd",
                           "/api/v1/x/../findings",
                           "/API/v1/findings",
                           "/..",
                           "/.",
                           "//",
                           "/tags/a/../b",
                           "/tags/a//b"}) {
    EXPECT_EQ(find(router, Method::kGet, path).status, 404) << path;
  }
}

TEST(HttpRouterTest, DecodesExactlyOnce) {
  const Router router = table();
  EXPECT_EQ(find(router, Method::kGet, "/api/v1/findings/%252e%252e").parameters.at(0).value, "%2e%2e");
  EXPECT_EQ(find(router, Method::kGet, "/api/v1/findings/a+b").parameters.at(0).value, "a+b");
  EXPECT_EQ(find(router, Method::kGet, "/%61pi/v1/findings").pattern, "/api/v1/findings");
}

TEST(HttpRouterTest, RefusesBrokenEscapes) {
  const Router router = table();
  for (const char* path : {"/api/v1/findings/%", "/api/v1/findings/%2", "/api/v1/findings/%zz", "/api/v1/findings/%00",
                           "/api/v1/findings/%ff", "/api/v1/findings/%c0%af", "/api/v1/findings/%ed%a0%80", "/?a=%",
                           "/?%00=a", "/?a=%fe"}) {
    EXPECT_EQ(find(router, Method::kGet, path).status, 400) << path;
  }
}

TEST(HttpTargetTest, DecodesTheQueryInOrder) {
  const auto decoded = std::get<Target>(decode_target("/x?b=1&a=%2B+&b=2&c&=d&&e==f&%41=%C3%A9"));
  ASSERT_EQ(decoded.query.size(), 7U);
  const char* expected[][2] = {{"b", "1"}, {"a", "+ "}, {"b", "2"},       {"c", ""},
                               {"", "d"},  {"e", "=f"}, {"A", "\xc3\xa9"}};
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(decoded.query[i].name, expected[i][0]);
    EXPECT_EQ(decoded.query[i].value, expected[i][1]);
  }
  EXPECT_EQ(decoded.path, "/x");
  EXPECT_TRUE(std::get<Target>(decode_target("/x?")).query.empty());
}

TEST(HttpTargetTest, LimitsTheNumberOfParameters) {
  const auto with = [](std::size_t count) {
    std::string target = "/?";
    for (std::size_t i = 0; i < count; ++i) target += "a&";
    return std::holds_alternative<Target>(decode_target(target));
  };
  EXPECT_TRUE(with(kQueryParametersMax));
  EXPECT_FALSE(with(kQueryParametersMax + 1));
}

TEST(HttpRouterTest, RefusesAFaultyTable) {
  for (const char* pattern : {"", "x", "//", "/a/", "/a//b", "/{}", "/{a", "/a}", "/x{a}", "/{a}x", "/{a*}/b", "/{*}",
                              "/{a}/{a}", "/..", "/a/./b", "/*"}) {
    Router router;
    EXPECT_THROW(router.add(Method::kGet, pattern, any_handler()), std::invalid_argument) << pattern;
  }
  Router router;
  router.add(Method::kGet, "/a/{x}", any_handler());
  EXPECT_THROW(router.add(Method::kGet, "/a/{y}", any_handler()), std::invalid_argument);
  EXPECT_THROW(router.add(Method::kGet, "/b", Handler()), std::invalid_argument);
  EXPECT_THROW(router.add_async(Method::kGet, "/b", AsyncHandler()), std::invalid_argument);
  RouteOptions options;
  options.auth = "analyst";
  options.run_on = RunOn::kIoThread;
  EXPECT_THROW(router.add(Method::kGet, "/c", any_handler(), options), std::invalid_argument);
  EXPECT_EQ(router.routes().size(), 1U);
}

TEST(HttpRouterTest, AsynchronousRoutesAreNeverCompressed) {
  Router router;
  router.add_async(Method::kPost, "/a", [](const std::shared_ptr<const Request>&, const Done&) {});
  EXPECT_FALSE(router.routes().at(0)->options.allow_gzip);
}

}  // namespace
}  // namespace backtrail::api
