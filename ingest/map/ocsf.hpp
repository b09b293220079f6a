// OCSF findings (classes 2001 to 2007: Security Hub's "Findings Imported V2", Security Lake, third-party products),
// versions 1.0-rc.2 to 1.6, to schema::Finding.
//
// A GuardDuty finding gets the identity it has natively; another AWS service's gets the one it has in ASFF, which names
// the product "product/aws/…" where OCSF says "productv2/aws/…"; so all forms are one row. Any other is known by
// account, product uid and finding uid. The provider's view counts where OCSF has two (vendor_attributes). What is not
// mapped stays in the raw bytes; unknown fields and products are never an error. Errors: kBadRecord and kBadTime with a
// reason word first: "account", "schema", "time", "missing_id". Pure functions; thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "ingest/map/map_context.hpp"
#include "schema/core/error.hpp"
#include "schema/core/json_tree.hpp"
#include "schema/model/finding.hpp"

namespace backtrail::ingest {

// Any OCSF event: an object with class_uid and metadata. Nothing for anything else.
std::optional<std::int64_t> ocsf_class(const schema::JsonNode& record);

bool looks_like_ocsf_finding(const schema::JsonNode& record);

// `record` is the finding object itself, `raw` its exact bytes.
schema::Result<schema::Finding> map_ocsf_finding(const schema::JsonNode& record, std::string_view raw,
                                                 const MapContext& context);

// "arn:…:productv2/aws/x" as ASFF writes it; any other text as it is.
std::string asff_product_arn(std::string_view product_uid);

}  // namespace backtrail::ingest
