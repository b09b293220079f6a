// What a service itself lists: the saved output of `aws guardduty list-findings` and `get-findings` and of
// `aws securityhub get-findings`, pages joined in any way (one document, several, an array of them, bare ids).
//
// Findings are recognised as ingest recognises them, so that the same finding has the same identity here and in the
// warehouse. A finding that several pages list counts once, in its newest state. Not thread-safe; no I/O.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/map/map_context.hpp"
#include "schema/model/finding.hpp"

namespace backtrail::ingest {

// A finding id of GuardDuty; others are no ids.
bool is_finding_id(std::string_view text);

struct UnreadPart {
  std::size_t file;    // position in SourceList::files
  std::string reason;  // for people; no content
};

class SourceList {
 public:
  // `context` must outlive the list.
  explicit SourceList(const MapContext& context) : context_(context) {}

  void add_file(std::string name, std::string_view bytes);

  struct Listed {
    schema::Finding finding;
    std::size_t file;
  };
  const std::vector<std::string>& files() const { return files_; }
  // Findings with their content, by uid.
  const std::map<schema::Uuid, Listed>& findings() const { return findings_; }
  // Listed by id only, with the first file that does.
  const std::map<std::string, std::size_t>& ids() const { return ids_; }
  // What was neither.
  const std::vector<UnreadPart>& unread() const { return unread_; }

 private:
  class Reader;
  const MapContext& context_;
  std::vector<std::string> files_;
  std::map<schema::Uuid, Listed> findings_;
  std::map<std::string, std::size_t> ids_;
  std::vector<UnreadPart> unread_;
};

}  // namespace backtrail::ingest
