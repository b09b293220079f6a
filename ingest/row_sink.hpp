// Turns recognised records into rows of a batch: admission, hashes, names not written before. One per parser thread.
#pragma once
#include <functional>

#include "ingest/admission.hpp"
#include "ingest/known_names.hpp"
#include "ingest/load/batch.hpp"
#include "ingest/recognise.hpp"

namespace backtrail::ingest {

class RowSink final : public RecordSink {
 public:
  using Flush = std::function<void(Batch)>;
  RowSink(PendingPtr delivery, const Admission& admission, const schema::HashKey& key, KnownNames& known, Flush flush)
      : delivery_(std::move(delivery)), admission_(admission), key_(key), known_(known), flush_(std::move(flush)) {}

  void on_event(const schema::ApiEvent& event, std::uint64_t position) override;
  void on_finding(schema::Finding finding, std::uint64_t position) override;
  void on_notice(schema::Notice notice, std::uint64_t position) override;
  void on_quarantined(QuarantinedRecord record) override;
  void on_provenance(const std::shared_ptr<const Provenance>& provenance) override { provenance_ = provenance; }
  // What is left; call once at the end, after the delivery was marked as parsed.
  Batch take() { return std::exchange(batch_, {}); }

 private:
  void add(Row row);
  void note(const std::string& account_id, const schema::Entity& entity, std::int64_t hash);
  void refuse_record(const schema::Error& error, std::string_view raw, const std::string& account_id,
                     std::uint64_t position, RecordKind kind);

  PendingPtr delivery_;
  const Admission& admission_;
  const schema::HashKey& key_;
  KnownNames& known_;
  Flush flush_;
  std::shared_ptr<const Provenance> provenance_;
  Batch batch_;
};

}  // namespace backtrail::ingest
