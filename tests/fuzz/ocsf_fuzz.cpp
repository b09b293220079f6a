// OCSF: the mapper of findings and the reader of CloudTrail's translations. No crash; who it tells of comes from the
// record; and a text in the record cannot become a field of the record it is translated back to.
#include "ingest/map/ocsf.hpp"
#include "schema/record/ocsf_activity.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;

namespace {

void map_finding(const schema::JsonNode& node, std::string_view text) {
  (void)ingest::looks_like_ocsf_finding(node);
  const auto finding = ingest::map_ocsf_finding(node, text, {fuzz::kNowUs, &fuzz::kKey});
  if (!finding) return;
  FUZZ_PROMISE(finding->raw == text);
  FUZZ_PROMISE(schema::is_account_id(finding->identity.account_id));
  FUZZ_PROMISE(fuzz::tree_says(node, finding->identity.account_id));
  FUZZ_PROMISE(!finding->identity.provider_id.empty());
  FUZZ_PROMISE(finding->first_seen_us <= finding->last_seen_us);
  FUZZ_PROMISE(finding->count >= 1);
  for (const auto& entity : finding->entities) FUZZ_PROMISE(!entity.entity.key.empty());
}

void read_activity(const schema::JsonNode& node, std::string_view text) {
  if (!schema::looks_like_ocsf_activity(node)) return;
  const auto event = schema::read_ocsf_activity(node, text, {fuzz::kNowUs, &fuzz::kKey});
  // What the translation writes is JSON, whatever the record says.
  if (!event) {
    FUZZ_PROMISE(!event.error().detail.starts_with("syntax"));
    return;
  }
  FUZZ_PROMISE(event->raw == text);
  FUZZ_PROMISE(schema::is_account_id(event->account_id));
  FUZZ_PROMISE(fuzz::tree_says(node, event->account_id));
  FUZZ_PROMISE(fuzz::tree_says(node, event->service));
  FUZZ_PROMISE(fuzz::tree_says(node, event->api));
  FUZZ_PROMISE((event->flags & schema::kFlagOcsf) != 0);
  for (const auto* entity : {&event->principal, &event->session, &event->access_key, &event->instance})
    if (*entity) FUZZ_PROMISE(!(*entity)->key.empty());
  for (const auto& mention : event->mentions) FUZZ_PROMISE(!mention.key.empty());
}

}  // namespace

BACKTRAIL_FUZZ(input) {
  const std::string text = fuzz::padded(input);
  schema::JsonParser parser;
  const auto node = parser.parse(text);
  if (!node) return;
  (void)ingest::ocsf_class(**node);
  map_finding(**node, text);
  read_activity(**node, text);
  const std::string arn = ingest::asff_product_arn(text);
  FUZZ_PROMISE(arn == text || arn.size() + 2 == text.size());
}
