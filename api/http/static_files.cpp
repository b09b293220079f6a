#include "api/http/static_files.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <openssl/evp.h>
#include <stdexcept>
#include <utility>

#include "api/http/gzip.hpp"
#include "api/http/limits.hpp"

namespace backtrail::api {

struct StaticFiles::Entry {
  std::string name;
  std::string bytes;
  std::string gzipped;  // empty: not worth it
  std::string etag;
  std::string gzipped_etag;  // its own, because a strong tag stands for exact bytes
  std::string_view type;
  bool immutable = false;

  [[nodiscard]] Response respond_to(const Request& request) const;
};

namespace {

constexpr int kBestGzipLevel = 9;
constexpr std::string_view kForever = "public, max-age=31536000, immutable";
constexpr std::string_view kRevalidate = "no-cache";

std::string content_hash(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL can not compute SHA-256");
  }
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::size_t kept_bytes = 16;
  std::string out;
  for (std::size_t i = 0; i < kept_bytes; ++i) {
    out.push_back(digits[digest[i] >> 4U]);
    out.push_back(digits[digest[i] & 0x0FU]);
  }
  return out;
}

// A name has to be the path it will be asked for by, without any escaping.
bool is_plain_name(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.back() == '/') return false;
  if (name.find("//") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == '/';
  });
}

bool is_hash(std::string_view text) {
  constexpr std::size_t shortest = 8;
  if (text.size() < shortest) return false;
  const bool base32 =
      std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'); });
  const bool hex = text.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
                   text.find_first_of("0123456789") != std::string_view::npos;
  return base32 || hex;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string out((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) throw std::runtime_error("can not read " + path.string());
  return out;
}

}  // namespace

std::string_view media_type(std::string_view name) noexcept {
  struct Type {
    std::string_view ending;
    std::string_view type;
  };
  constexpr std::array<Type, 17> types = {{{".html", "text/html; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".mjs", "text/javascript; charset=utf-8"},
                                           {".json", "application/json"},
                                           {".map", "application/json"},
                                           {".webmanifest", "application/manifest+json"},
                                           {".svg", "image/svg+xml"},
                                           {".png", "image/png"},
                                           {".ico", "image/x-icon"},
                                           {".jpg", "image/jpeg"},
                                           {".webp", "image/webp"},
                                           {".woff2", "font/woff2"},
                                           {".wasm", "application/wasm"},
                                           {".txt", "text/plain; charset=utf-8"},
                                           {".yaml", "application/yaml"},
                                           {".xml", "application/xml"}}};
  for (const Type& type : types) {
    if (name.ends_with(type.ending)) return type.type;
  }
  return "application/octet-stream";
}

bool has_content_hash(std::string_view name) noexcept {
  name = name.substr(name.rfind('/') + 1);  // npos + 1 is 0
  // Any part between the first name and the endings: app-HASH.js, app.HASH.css, app-HASH.js.map
  std::size_t at = name.find_first_of("-.");
  while (at != std::string_view::npos) {
    const std::size_t end = name.find_first_of("-.", at + 1);
    if (end != std::string_view::npos && name[end] == '.' && is_hash(name.substr(at + 1, end - at - 1))) return true;
    at = end;
  }
  return false;
}

StaticFiles::StaticFiles(const std::vector<StaticFile>& files) {
  std::size_t total = 0;
  for (const StaticFile& file : files) {
    if (!is_plain_name(file.name)) throw std::invalid_argument("static file name is not a plain path: " + file.name);
    total += file.bytes.size();
    if (total > kStaticFilesBytesMax) throw std::invalid_argument("the static files are too large together");
    auto entry = std::make_shared<Entry>();
    entry->name = file.name;
    entry->bytes = file.bytes;
    entry->type = media_type(file.name);
    entry->immutable = has_content_hash(file.name);
    const std::string hash = content_hash(file.bytes);
    entry->etag = '"' + hash + '"';
    entry->gzipped_etag = '"' + hash + "-gz\"";
    if (is_compressible(entry->type)) {
      entry->gzipped = gzip(file.bytes, kBestGzipLevel);
      if (entry->gzipped.size() >= entry->bytes.size()) entry->gzipped.clear();
    }
    entries_.push_back(std::move(entry));
  }
}

StaticFiles StaticFiles::from_directory(const std::filesystem::path& directory) {
  namespace fs = std::filesystem;
  std::vector<std::pair<std::string, std::string>> read;
  try {
    for (fs::recursive_directory_iterator it(directory), end; it != end; ++it) {
      const bool hidden = it->path().filename().string().starts_with(".");
      if (hidden && it->is_directory()) it.disable_recursion_pending();
      if (hidden || it->is_symlink() || !it->is_regular_file()) continue;
      read.emplace_back(it->path().lexically_relative(directory).generic_string(), read_file(it->path()));
    }
  } catch (const fs::filesystem_error& failure) {
    throw std::runtime_error("can not read the page's files: " + std::string(failure.what()));
  }
  std::sort(read.begin(), read.end());
  std::vector<StaticFile> files;
  files.reserve(read.size());
  for (const auto& [name, bytes] : read) files.push_back({name, bytes});
  return StaticFiles(files);
}

Response StaticFiles::Entry::respond_to(const Request& request) const {
  const bool zipped = !gzipped.empty() && accepts_gzip(request);
  const std::string& tag = zipped ? gzipped_etag : etag;
  Response out;
  if (etag_matches(request, tag)) {
    out = respond::not_modified(tag);
  } else {
    out = respond::bytes(zipped ? gzipped : bytes, type);
    out.headers.add("ETag", tag);
    if (zipped) out.headers.add("Content-Encoding", "gzip");
  }
  if (!gzipped.empty()) out.headers.add("Vary", "Accept-Encoding");
  out.headers.add("Cache-Control", immutable ? kForever : kRevalidate);
  return out;
}

Handler StaticFiles::handler(std::string_view name) const {
  for (const auto& entry : entries_) {
    if (entry->name == name) {
      return [entry](const Request& request) { return entry->respond_to(request); };
    }
  }
  throw std::invalid_argument("there is no static file " + std::string(name));
}

void StaticFiles::add_routes(Router& router) const {
  RouteOptions options;
  options.run_on = RunOn::kIoThread;
  options.allow_gzip = false;  // done already
  for (const auto& entry : entries_) {
    router.add(Method::kGet, "/" + entry->name, handler(entry->name), options);
    if (entry->name == "index.html") router.add(Method::kGet, "/", handler(entry->name), options);
  }
}

}  // namespace backtrail::api
