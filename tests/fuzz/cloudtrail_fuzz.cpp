// The reader of CloudTrail records: no crash, and who and what it tells of comes from the record.
#include "schema/record/cloudtrail_record.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;

BACKTRAIL_FUZZ(input) {
  const std::string text = fuzz::padded(input);
  schema::JsonParser parser;
  const auto node = parser.parse(text);
  if (!node) return;
  (void)schema::looks_like_cloudtrail(**node);
  const auto event = schema::read_cloudtrail_record(**node, text, {fuzz::kNowUs, &fuzz::kKey});
  if (!event) return;
  FUZZ_PROMISE(event->raw == text);
  FUZZ_PROMISE(schema::is_account_id(event->account_id));
  FUZZ_PROMISE(fuzz::tree_says(**node, event->account_id));
  FUZZ_PROMISE(fuzz::tree_says(**node, event->service));
  FUZZ_PROMISE(fuzz::tree_says(**node, event->api));
  for (const auto* entity : {&event->principal, &event->session, &event->access_key, &event->instance})
    if (*entity) FUZZ_PROMISE(!(*entity)->key.empty());
  for (const auto& mention : event->mentions) FUZZ_PROMISE(!mention.key.empty());
}
