// A delivery up to the writers: decoded, recognised, admitted; the books balance and nobody writes for another account.
// The first byte chooses what the key may write.
#include "ingest/row_sink.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;
using namespace backtrail::ingest;

namespace {

schema::AccountScope scope_of(unsigned char choice) {
  if (choice % 3 == 0) return schema::AccountScope::all();
  return choice % 3 == 1 ? schema::AccountScope::none() : *schema::AccountScope::of({"111122223333"});
}

void check(const Row& row, const schema::AccountScope& scope) {
  switch (row.kind) {
    case Row::Kind::kEvent:
      FUZZ_PROMISE(schema::is_account_id(row.event.account_id));
      FUZZ_PROMISE(scope.allows(row.event.account_id));
      FUZZ_PROMISE(!row.event.raw.empty());
      return;
    case Row::Kind::kFinding:
      FUZZ_PROMISE(schema::is_account_id(row.finding->identity.account_id));
      FUZZ_PROMISE(scope.allows(row.finding->identity.account_id));
      FUZZ_PROMISE(row.finding->first_seen_us <= row.finding->last_seen_us);
      return;
    case Row::Kind::kQuarantine:
      FUZZ_PROMISE(find_reason(row.quarantined->reason) != nullptr);
      return;
    default:
      return;
  }
}

}  // namespace

BACKTRAIL_FUZZ(input) {
  if (input.empty()) return;
  Delivery delivery;
  delivery.scope = scope_of(static_cast<unsigned char>(input.front()));
  delivery.body = input.substr(1);
  delivery.received_us = fuzz::kNowUs;
  const auto pending = std::make_shared<PendingDelivery>(std::move(delivery), [](const Receipt&) {});
  const schema::RetentionRules rules{{"event_management", 90}, {"finding", 90}, {"notice", 90}};
  const Admission admission{&pending->delivery().scope, &rules, fuzz::kNowUs};
  KnownNames known;
  Receipt receipt;
  const auto book = [&](const Batch& batch) {
    for (const Row& row : batch.rows) {
      check(row, pending->delivery().scope);
      const bool quarantined = row.kind == Row::Kind::kQuarantine;
      receipt.count(row.record_kind(), quarantined ? RowOutcome::kQuarantined : RowOutcome::kNew);
    }
  };
  RowSink sink(pending, admission, fuzz::kKey, known, book);
  const MapContext context{fuzz::kNowUs, &fuzz::kKey};
  DecodeLimits limits;
  constexpr std::size_t kOutputBytesMax = 4U * 1024 * 1024;  // so that an input takes milliseconds
  limits.output_bytes_max = kOutputBytesMax;
  Recogniser(context, sink).run(decode(pending->delivery().body, limits));
  book(sink.take());
  FUZZ_PROMISE(receipt.balances());
}
