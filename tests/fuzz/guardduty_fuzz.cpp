// The mapper of GuardDuty findings: no crash, and who and what it tells of comes from the record.
#include "ingest/map/guardduty.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;

BACKTRAIL_FUZZ(input) {
  const std::string text = fuzz::padded(input);
  schema::JsonParser parser;
  const auto node = parser.parse(text);
  if (!node) return;
  (void)ingest::looks_like_guardduty(**node);
  const auto finding = ingest::map_guardduty(**node, text, {fuzz::kNowUs, &fuzz::kKey});
  if (!finding) return;
  FUZZ_PROMISE(finding->raw == text);
  FUZZ_PROMISE(schema::is_account_id(finding->identity.account_id));
  FUZZ_PROMISE(fuzz::tree_says(**node, finding->identity.account_id));
  FUZZ_PROMISE(!finding->identity.provider_id.empty());
  FUZZ_PROMISE(fuzz::tree_says(**node, finding->identity.provider_id));
  FUZZ_PROMISE(finding->first_seen_us <= finding->last_seen_us);
  FUZZ_PROMISE(finding->count >= 1);
  for (const auto& entity : finding->entities) FUZZ_PROMISE(!entity.entity.key.empty());
}
