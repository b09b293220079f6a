// The page's files, held in memory from start-up on and served by exact name.
//
// No path is ever opened because of a request: every file becomes a route of its own. Each has a strong ETag and, where
// it helps, a gzip form made once. Files whose name carries a hash of their content may be kept for ever by browsers;
// the others are revalidated each time. Build it, add it to the router, keep it alive as long as the server.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/router.hpp"

namespace backtrail::api {

struct StaticFile {
  std::string name;        // "index.html", "assets/app-5KBWBK4F.js"
  std::string_view bytes;  // copied
};

class StaticFiles {
 public:
  // Throws std::invalid_argument for names that can not be a path of ours, or if there is too much of it.
  explicit StaticFiles(const std::vector<StaticFile>& files);
  // Reads a directory tree once: regular files only, nothing that begins with a dot, no symbolic links. Throws
  // std::runtime_error if it can not be read.
  static StaticFiles from_directory(const std::filesystem::path& directory);

  // One GET route for each file, and "/" for index.html.
  void add_routes(Router& router) const;
  // A handler for one file, to serve it under further paths. Throws std::invalid_argument if there is no such file.
  [[nodiscard]] Handler handler(std::string_view name) const;

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry;
  std::vector<std::shared_ptr<const Entry>> entries_;
};

// "text/html; charset=utf-8" and so on, by the name's ending; application/octet-stream if unknown.
[[nodiscard]] std::string_view media_type(std::string_view name) noexcept;

// Does the name carry a content hash, as esbuild writes it: "-" or "." and at least eight of A-Z 2-7 (or hex digits,
// one of them a number), before the endings?
[[nodiscard]] bool has_content_hash(std::string_view name) noexcept;

}  // namespace backtrail::api
