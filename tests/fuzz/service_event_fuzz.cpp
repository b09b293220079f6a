// The mapper of operational events: no crash, and the account comes from the envelope.
#include "ingest/map/service_event.hpp"
#include "schema/model/entity.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;

BACKTRAIL_FUZZ(input) {
  const std::string text = fuzz::padded(input);
  schema::JsonParser parser;
  const auto node = parser.parse(text);
  if (!node || !ingest::is_service_event(**node)) return;
  const auto notice = ingest::map_service_event(**node, text, {fuzz::kNowUs, &fuzz::kKey});
  if (!notice) return;
  FUZZ_PROMISE(notice->raw == text);
  FUZZ_PROMISE(notice->account_id.empty() || schema::is_account_id(notice->account_id));
  FUZZ_PROMISE(fuzz::tree_says(**node, notice->account_id));
  FUZZ_PROMISE(notice->subject.size() <= ingest::kNoticeSubjectMaxBytes);
}
