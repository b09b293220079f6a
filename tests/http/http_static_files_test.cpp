// The page's files: only those of the table, with the right headers.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

#include "api/http/static_files.hpp"
#include "api/http/target.hpp"
#include "tests/http/gunzip.hpp"

namespace backtrail::api {
namespace {

namespace fs = std::filesystem;

const std::string kScript(5000, 's');

Router routes_of(const StaticFiles& files) {
  Router router;
  files.add_routes(router);
  return router;
}

Response get(const Router& router, const std::string& target, Headers headers = {}) {
  auto decoded = decode_target(target);
  if (!std::holds_alternative<Target>(decoded)) return respond::text("", 404);
  const auto match = router.match(Method::kGet, std::get<Target>(decoded).segments);
  if (match.route == nullptr) return respond::text("", 404);
  Request request;
  request.headers = std::move(headers);
  return match.route->handler(request);
}

Headers header(std::string_view name, std::string_view value) {
  Headers out;
  out.add(name, value);
  return out;
}

TEST(HttpStaticFilesTest, ServesTheTableAndNothingElse) {
  const Router router = routes_of(StaticFiles({{"index.html", "<p>"}, {"assets/app-5KBWBK4F.js", kScript}}));
  EXPECT_EQ(get(router, "/").body, "<p>");
  EXPECT_EQ(get(router, "/").headers.find("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(get(router, "/index.html").body, "<p>");
  EXPECT_EQ(get(router, "/assets/app-5KBWBK4F.js").body, kScript);
  for (const char* target : {"/assets", "/assets/", "/etc/passwd", "/../etc/passwd", "/assets/../index.html",
                             "/assets/..%2findex.html", "/index.html/", "/INDEX.HTML", "/index.html%00.js"}) {
    EXPECT_EQ(get(router, target).status, 404) << target;
  }
}

TEST(HttpStaticFilesTest, CachesByContent) {
  const Router router = routes_of(StaticFiles({{"index.html", "<p>"}, {"app-5KBWBK4F.js", kScript}}));
  EXPECT_EQ(get(router, "/").headers.find("Cache-Control"), "no-cache");
  const Response script = get(router, "/app-5KBWBK4F.js");
  EXPECT_EQ(script.headers.find("Cache-Control"), "public, max-age=31536000, immutable");
  const std::string tag(*script.headers.find("ETag"));
  EXPECT_EQ(tag.front(), '"');
  const Response same = get(router, "/app-5KBWBK4F.js", header("If-None-Match", tag));
  EXPECT_EQ(same.status, 304);
  EXPECT_TRUE(same.body.empty());
  EXPECT_EQ(same.headers.find("ETag"), tag);
  EXPECT_EQ(get(router, "/app-5KBWBK4F.js", header("If-None-Match", "\"other\"")).status, 200);
  const Router changed = routes_of(StaticFiles({{"app-5KBWBK4F.js", kScript + "!"}}));
  EXPECT_NE(get(changed, "/app-5KBWBK4F.js").headers.find("ETag"), tag);
}

TEST(HttpStaticFilesTest, SendsGzipWhereItHelps) {
  const Router router = routes_of(StaticFiles({{"app.js", kScript}, {"tiny.js", "x"}, {"a.png", kScript}}));
  const Response zipped = get(router, "/app.js", header("Accept-Encoding", "gzip"));
  EXPECT_EQ(zipped.headers.find("Content-Encoding"), "gzip");
  EXPECT_EQ(zipped.headers.find("Vary"), "Accept-Encoding");
  EXPECT_EQ(gunzip(zipped.body), kScript);
  const Response plain = get(router, "/app.js");
  EXPECT_EQ(plain.headers.find("Vary"), "Accept-Encoding");
  EXPECT_NE(plain.headers.find("ETag"), zipped.headers.find("ETag"));
  Headers both = header("Accept-Encoding", "gzip");
  both.add("If-None-Match", *zipped.headers.find("ETag"));
  EXPECT_EQ(get(router, "/app.js", both).status, 304);
  EXPECT_FALSE(get(router, "/tiny.js", header("Accept-Encoding", "gzip")).headers.contains("Content-Encoding"));
  EXPECT_FALSE(get(router, "/a.png", header("Accept-Encoding", "gzip")).headers.contains("Content-Encoding"));
}

TEST(HttpStaticFilesTest, RecognisesContentHashes) {
  for (const char* yes : {"app-5KBWBK4F.js", "a/app-5KBWBK4F.js.map", "style.0123abcd.css", "a-b-ABCDEFGH.woff2"}) {
    EXPECT_TRUE(has_content_hash(yes)) << yes;
  }
  for (const char* no : {"index.html", "app.js", "some-settings.js", "finding-table.js", "app-5KBWBK4.js",
                         "ABCDEFGH.js", "app-5KBWBK4F", "icon-facadeff.png", "app-5KBWBK4F/index.html"}) {
    EXPECT_FALSE(has_content_hash(no)) << no;
  }
}

TEST(HttpStaticFilesTest, RefusesStrangeNames) {
  for (const char* name : {"", "/a", "a/", "a//b", "a b", "a?b", "a%41", "a{b}", "../a", "a/../b", "a\\b"}) {
    EXPECT_THROW(
        {
          Router router;
          StaticFiles(std::vector<StaticFile>{{name, "x"}}).add_routes(router);
        },
        std::invalid_argument)
        << name;
  }
  EXPECT_THROW((void)StaticFiles(std::vector<StaticFile>{{"a", "x"}}).handler("b"), std::invalid_argument);
}

TEST(HttpStaticFilesTest, ReadsADirectoryOnce) {
  std::string pattern = (fs::temp_directory_path() / "backtrail-static-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  const fs::path directory = pattern;
  fs::create_directories(directory / "js");
  fs::create_directories(directory / ".git");
  std::ofstream(directory / "index.html") << "<p>";
  std::ofstream(directory / "js" / "app.js") << "run()";
  std::ofstream(directory / ".git" / "config") << "secret";
  std::ofstream(directory / ".hidden") << "secret";
  fs::create_symlink("/etc/passwd", directory / "passwd.txt");
  fs::create_directory_symlink("/etc", directory / "etc");
  const StaticFiles files = StaticFiles::from_directory(directory);
  std::ofstream(directory / "index.html") << "changed later";
  EXPECT_EQ(files.size(), 2U);
  const Router router = routes_of(files);
  EXPECT_EQ(get(router, "/").body, "<p>");
  EXPECT_EQ(get(router, "/js/app.js").body, "run()");
  fs::remove_all(directory);
  EXPECT_THROW((void)StaticFiles::from_directory(directory), std::runtime_error);
}

}  // namespace
}  // namespace backtrail::api
