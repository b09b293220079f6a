// What the mappers of findings do alike: refuse, read identity fields strictly, recognise samples, keep the evidence.
// Pure functions.
#pragma once
#include <string_view>

#include "ingest/map/map_context.hpp"
#include "schema/core/error.hpp"
#include "schema/core/json_tree.hpp"
#include "schema/model/finding.hpp"

namespace backtrail::ingest {

// kBadRecord with the reason word first: "account: accountId is not 12 digits". Never holds the record's own text.
schema::Error bad_record(std::string_view reason, std::string_view why);

// The text of an identity field: empty when absent or null. Errors: "schema" when it is no string or holds U+0000,
// which the database cannot keep and which must not be replaced in what makes a finding the same.
schema::Result<std::string_view> identity_text(const schema::JsonNode* node, std::string_view name);

// Macie's own form names a finding by its bare id, some copies by an ARN that ends with it: "arn:…:macie2:…:finding/ID"
// is ID. Any other id as it is.
std::string_view bare_macie_id(std::string_view id);

// GuardDuty's console marks its samples so, and some exports keep the mark.
bool is_sample_title(std::string_view title);

// Sets raw and, when there is a key, content_fp.
void keep_raw(const schema::JsonNode& record, std::string_view raw, const MapContext& context,
              schema::Finding& finding);

}  // namespace backtrail::ingest
