#include "ingest/reconcile/source_list.hpp"

#include <algorithm>

#include "ingest/recognise.hpp"

namespace backtrail::ingest {
namespace {

// Ids one after the other as --output text writes them, or one JSON string. Nothing when it is no list of ids.
std::vector<std::string> ids_in_text(std::string_view text) {
  constexpr std::string_view kBetween = " \t\r\n\",";
  std::vector<std::string> ids;
  while (true) {
    const auto start = text.find_first_not_of(kBetween);
    if (start == std::string_view::npos) return ids;
    text.remove_prefix(start);
    const auto id = text.substr(0, text.find_first_of(kBetween));
    // The word that --output text puts in front of each line.
    if (id != "FINDINGIDS") {
      if (!is_finding_id(id)) return {};
      ids.emplace_back(id);
    }
    text.remove_prefix(id.size());
  }
}

struct IdPage {
  bool is_page = false;
  std::vector<std::string> ids;
};

// {"FindingIds": ["…", …]}
IdPage ids_in_page(const std::string& raw) {
  IdPage page;
  std::string padded = raw;
  pad(padded);
  schema::JsonParser parser;
  const auto root = parser.parse(std::string_view(padded).substr(0, raw.size()));
  const schema::JsonNode* list = root ? (*root)->find("FindingIds") : nullptr;
  if (list == nullptr || !list->is_array()) return page;
  page.is_page = std::all_of(list->children().begin(), list->children().end(),
                             [](const schema::JsonNode& id) { return id.is_string() && is_finding_id(id.text()); });
  for (const schema::JsonNode& id : list->children()) page.ids.emplace_back(id.text());
  return page;
}

}  // namespace

bool is_finding_id(std::string_view text) {
  constexpr std::size_t kDigits = 32;
  return text.size() == kDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

class SourceList::Reader final : public RecordSink {
 public:
  Reader(SourceList& list, std::size_t file) : list_(list), file_(file) {}

  void on_finding(schema::Finding finding, std::uint64_t) override {
    const auto uid = finding_uid(finding.identity);
    const auto known = list_.findings_.find(uid);
    if (known == list_.findings_.end())
      list_.findings_.emplace(uid, Listed{std::move(finding), file_});
    else if (known->second.finding.updated_us < finding.updated_us)
      known->second = Listed{std::move(finding), file_};
  }
  void on_event(const schema::ApiEvent&, std::uint64_t) override { unread("an API event, no finding"); }
  void on_notice(schema::Notice, std::uint64_t) override { unread("a notice, no finding"); }
  void on_quarantined(QuarantinedRecord record) override {
    auto page = ids_in_page(record.raw);
    if (!page.is_page) {
      page.ids = ids_in_text(record.raw);
      page.is_page = !page.ids.empty();
    }
    if (!page.is_page) return unread(std::string(record.reason) + ": " + record.detail);
    for (auto& id : page.ids) list_.ids_.emplace(std::move(id), file_);
  }

 private:
  void unread(std::string reason) { list_.unread_.push_back({file_, std::move(reason)}); }
  SourceList& list_;
  std::size_t file_;
};

void SourceList::add_file(std::string name, std::string_view bytes) {
  files_.push_back(std::move(name));
  Reader reader(*this, files_.size() - 1);
  Recogniser recogniser(context_, reader);
  DecodeLimits limits;
  auto decoded = decode(bytes, limits);
  // Bare ids first: one of digits only would be a number to a reader of JSON.
  std::erase_if(decoded.documents, [&](const Document& document) {
    auto ids = ids_in_text(document.text);
    for (auto& id : ids) ids_.emplace(std::move(id), files_.size() - 1);
    return !ids.empty();
  });
  recogniser.run(decoded);
  // Content says more than an id.
  for (const auto& [uid, listed] : findings_) ids_.erase(listed.finding.identity.provider_id);
}

}  // namespace backtrail::ingest
