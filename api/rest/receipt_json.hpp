// Receipts in answers: the totals, and the same counts by kind of record. Thread-safe.
#pragma once
#include "api/rest/answer.hpp"
#include "ingest/receipt.hpp"

namespace backtrail::api {

// {"received": …, "new": …, …, "by_kind": {"finding": {…}, …}}; kinds that did not occur are left out.
Json receipt_counts_json(const ingest::Receipt& receipt);

}  // namespace backtrail::api
