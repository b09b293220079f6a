#include "ingest/pipeline.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <spdlog/spdlog.h>

#include "ingest/load/batch_writer.hpp"
#include "ingest/load/gathering.hpp"
#include "schema/archive/archive.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::ingest {
namespace {

schema::Error out_of_memory() {
  return schema::fail(schema::Code::kOverload, "no memory is left; send it again in a few seconds");
}

// Of large deliveries so many bytes of rows wait: those that one writer writes while a parser reads the next.
constexpr std::size_t kLargeRowsBytesMax = 2 * kBatchMaxBytes;

constexpr std::int64_t kRulesLifeUs = 30 * schema::kMicrosPerSecond;

// What an imported file may unpack to, however small it is: a part of an archive and its last line.
constexpr std::size_t kArchiveFreeBytes = 2 * schema::kArchivePartTextBytes;

std::set<std::int32_t> event_days(const Batch& batch) {
  std::set<std::int32_t> days;
  for (const Row& row : batch.rows)
    if (row.kind == Row::Kind::kEvent) days.insert(row.event.event_day);
  return days;
}

}  // namespace

schema::Result<schema::HashKey> read_hash_key(schema::Database& database) {
  return database.read(schema::AccountScope::none(), [](schema::Transaction& tx) -> schema::Result<schema::HashKey> {
    const pqxx::binarystring bytes(tx.exec(sql::hash_key)[0][0]);
    schema::HashKey key;
    if (bytes.size() != key.bytes.size())
      return schema::fail(schema::Code::kSchema, "the warehouse's hash key is damaged");
    std::copy(bytes.data(), bytes.data() + bytes.size(), key.bytes.begin());
    return key;
  });
}

schema::Result<std::unique_ptr<Pipeline>> Pipeline::start(schema::Database& ingest, PipelineOptions options) {
  auto key = read_hash_key(ingest);
  if (!key) return key.error();
  auto kept = read_kept(ingest);
  if (!kept) return kept.error();
  return std::unique_ptr<Pipeline>(new Pipeline(ingest, std::move(options), *key, std::move(*kept)));
}

// What may be stored by its age.
struct Pipeline::Kept {
  schema::RetentionRules rules;
  std::vector<schema::HeldDays> held;
};

schema::Result<std::shared_ptr<const Pipeline::Kept>> Pipeline::read_kept(schema::Database& database) {
  auto rules = schema::read_retention_rules(database);
  if (!rules) return rules.error();
  auto held = schema::active_holds(database);
  if (!held) return held.error();
  return std::make_shared<const Kept>(Kept{std::move(*rules), std::move(*held)});
}

Pipeline::Pipeline(schema::Database& ingest, PipelineOptions options, schema::HashKey key,
                   std::shared_ptr<const Kept> kept)
    : database_(ingest),
      options_(std::move(options)),
      hash_key_(key),
      partitions_(ingest),
      input_(options_.parsers),
      rows_(options_.writers),
      kept_(std::move(kept)),
      kept_read_us_(options_.now_us()) {
  for (unsigned i = 0; i < options_.parsers; ++i) parsers_.emplace_back([this] { parse_loop(); });
  for (unsigned i = 0; i < options_.writers; ++i) writers_.emplace_back([this] { write_loop(); });
}

Pipeline::~Pipeline() {
  {
    const std::lock_guard lock(input_mutex_);
    stopping_ = true;
  }
  input_ready_.notify_all();
  input_room_.notify_all();
  for (auto& thread : parsers_) thread.join();
  {
    const std::lock_guard lock(rows_mutex_);
    parsers_done_ = true;
  }
  rows_ready_.notify_all();
  for (auto& thread : writers_) thread.join();
}

void Pipeline::submit(Delivery delivery, ReceiptCallback callback) {
  if (enqueue(delivery, callback, false)) return;
  Receipt refused;
  refused.error =
      schema::fail(schema::Code::kOverload, "too many deliveries are waiting; send it again in a few seconds");
  callback(refused);
}

PendingPtr Pipeline::try_submit(Delivery& delivery, ReceiptCallback callback) {
  return enqueue(delivery, callback, false);
}

void Pipeline::submit_when_room(Delivery delivery, ReceiptCallback callback) {
  enqueue(delivery, callback, true);
}

// Null: no room; nothing was taken.
PendingPtr Pipeline::enqueue(Delivery& delivery, ReceiptCallback& callback, bool wait) {
  const std::size_t bytes = delivery.body.size();
  std::unique_lock lock(input_mutex_);
  // One delivery always fits: otherwise one that is larger than the queue would wait for ever.
  const auto room = [&] { return input_bytes_ == 0 || input_bytes_ + bytes <= options_.input_bytes_max; };
  if (wait)
    input_room_.wait(lock, room);
  else if (!room())
    return nullptr;
  input_bytes_ += bytes;
  auto counted = [this, door = delivery.door, callback = std::move(callback)](const Receipt& receipt) {
    if (receipt.error) {
      ++failures_;
    } else if (door != kCanaryDoor) {
      const std::lock_guard totals_lock(totals_mutex_);
      totals_[door].add(receipt);
    }
    callback(receipt);
  };
  auto pending = std::make_shared<PendingDelivery>(std::move(delivery), std::move(counted));
  input_.push(lane_of(*pending), pending);
  input_ready_.notify_one();
  return pending;
}

Receipt Pipeline::totals() const {
  Receipt sum;
  for (const auto& [door, receipt] : totals_by_door()) sum.add(receipt);
  return sum;
}

std::map<std::string, Receipt> Pipeline::totals_by_door() const {
  const std::lock_guard lock(totals_mutex_);
  return totals_;
}

std::shared_ptr<const Pipeline::Kept> Pipeline::kept() {
  const std::lock_guard lock(kept_mutex_);
  const std::int64_t now = options_.now_us();
  // A clock that went back must not make old rules last.
  if (now - kept_read_us_ > kRulesLifeUs || now < kept_read_us_) {
    kept_read_us_ = now;
    if (auto kept = read_kept(database_)) kept_ = std::move(*kept);
  }
  return kept_;
}

void Pipeline::parse_loop() {
  for (;;) {
    std::unique_lock lock(input_mutex_);
    input_ready_.wait(lock, [this] { return input_.ready() || (stopping_ && input_.empty()); });
    if (input_.empty()) return;
    const Lane lane = *input_.ready();
    const PendingPtr pending = input_.take(lane);
    input_.begin(lane);
    lock.unlock();
    known_names_.forget_after(failures_);
    const std::size_t bytes = pending->body_bytes();
    parse(pending);
    lock.lock();
    input_.end(lane);
    input_bytes_ -= bytes;
    input_room_.notify_all();
    if (lane == Lane::kLarge || stopping_) input_ready_.notify_all();
  }
}

// The pipeline's edge: nothing that goes wrong in one delivery reaches another.
void Pipeline::parse(const PendingPtr& pending) {
  Batch rest;
  try {
    if (pending->delivery().unstorable.empty())
      read(pending, rest);
    else
      rest = refuse_whole(pending, schema::fail(schema::Code::kBadData, pending->delivery().unstorable));
  } catch (const std::bad_alloc&) {
    // Nothing is wrong with the delivery; its sender has it still.
    known_names_.forget();
    rest = {};
    pending->fail(out_of_memory(), 0);
  } catch (const std::exception& error) {
    known_names_.forget();  // what was noted of it goes with its rows
    ++internal_errors_;
    const auto why = internal_error(error);
    spdlog::error("delivery {} is kept whole in quarantine: {}", to_string(pending->delivery().id), why.detail);
    rest = refuse_whole(pending, why);
  }
  pending->drop_body();
  pending->add_rows(rest.rows.size());
  const bool done = pending->parsed();
  if (!rest.rows.empty())
    hand_over(*pending, std::move(rest));
  else if (done)
    close_books(database_, *pending);
  if (pending->delivery().gathering) leave(*pending->delivery().gathering);
}

void Pipeline::read(const PendingPtr& pending, Batch& rest) {
  const Delivery& delivery = pending->delivery();
  const auto known_kept = kept();
  const Admission admission{&delivery.scope, &known_kept->rules, delivery.received_us, &known_kept->held};
  const MapContext context{delivery.received_us, &hash_key_};
  RowSink sink(pending, admission, hash_key_, known_names_,
               [&](Batch batch) { hand_over(*pending, std::move(batch)); });
  // An import without a key is an administrator's.
  const bool restores = delivery.door == "import" && delivery.key_id.empty();
  Recogniser recogniser(context, sink, restores);
  DecodeLimits limits;
  limits.output_bytes_max = delivery.decoded_bytes_max;
  // A part of an archive may hold one text over and over.
  if (restores) limits.ratio_free_bytes = kArchiveFreeBytes;
  recogniser.run(delivery.body, limits);
  rest = sink.take();
}

Batch Pipeline::refuse_whole(const PendingPtr& pending, const schema::Error& why) {
  const Delivery& delivery = pending->delivery();
  try {
    Batch batch;
    Row row;
    row.kind = Row::Kind::kQuarantine;
    row.delivery = pending;
    row.quarantined = std::make_unique<QuarantinedRecord>(quarantined(why, delivery.body, 0));
    row.quarantined->retried = delivery.replay_of.has_value();
    batch.bytes = row.bytes();
    batch.rows.push_back(std::move(row));
    return batch;
  } catch (const std::exception&) {  // no memory for a copy: its sender has it still
    pending->fail(out_of_memory(), 0);
    return {};
  }
}

Lane Pipeline::lane_of(const PendingDelivery& delivery) const {
  return ingest::lane_of(delivery.body_bytes(), options_.small_bytes_max);
}

// To the writers, or to those that it is written with.
void Pipeline::hand_over(const PendingDelivery& pending, Batch batch) {
  const auto& gathering = pending.delivery().gathering;
  if (!gathering) return push(lane_of(pending), std::move(batch));
  if (auto together = gathering->add(std::move(batch))) push(Lane::kSmall, std::move(*together));
}

void Pipeline::leave(Gathering& gathering) {
  if (auto rest = gathering.leave()) push(Lane::kSmall, std::move(*rest));
}

void Pipeline::push(Lane lane, Batch batch) {
  const std::size_t most =
      lane == Lane::kLarge ? std::min(kLargeRowsBytesMax, options_.rows_bytes_max) : options_.rows_bytes_max;
  std::unique_lock lock(rows_mutex_);
  rows_room_.wait(lock, [&] { return rows_bytes(lane) == 0 || rows_bytes(lane) + batch.bytes <= most; });
  rows_bytes(lane) += batch.bytes;
  rows_.push(lane, std::move(batch));
  rows_ready_.notify_one();
}

// Everything that is queued in a lane, up to one batch.
Batch Pipeline::take_rows(Lane lane) {
  Batch batch = rows_.take(lane);
  for (const Batch* waiting = rows_.front(lane); waiting != nullptr; waiting = rows_.front(lane)) {
    if (batch.rows.size() + waiting->rows.size() > kBatchMaxRows || batch.bytes + waiting->bytes > kBatchMaxBytes)
      break;
    append(batch, rows_.take(lane));
  }
  rows_bytes(lane) -= batch.bytes;
  return batch;
}

void Pipeline::note_days(const std::set<std::int32_t>& days) {
  const std::lock_guard lock(days_mutex_);
  days_to_sweep_.insert(days.begin(), days.end());
}

schema::Result<void> Pipeline::sweep_variants() {
  std::set<std::int32_t> days;
  {
    const std::lock_guard lock(days_mutex_);
    days.swap(days_to_sweep_);
  }
  if (days.empty()) return {};
  const auto swept = database_.write(schema::AccountScope::all(), [&](schema::Transaction& tx) -> schema::Result<int> {
    for (const std::int32_t day : days)
      tx.exec(sql::event_variant_sweep, schema::format_day(day), schema::format_rfc3339(options_.now_us()));
    return 0;
  });
  if (swept) return {};
  note_days(days);
  return swept.error();
}

void Pipeline::write(BatchWriter& writer, Batch batch) {
  const auto days = event_days(batch);
  // Before, for an outcome that is never heard of; after, because a sweep in between saw nothing of this commit yet.
  note_days(days);
  const auto written = writer.write(std::move(batch), options_.now_us);
  note_days(days);
  internal_errors_ += writer.take_internal_errors();
  if (!written) spdlog::error("a batch was not stored: {}", written.error().detail);
}

void Pipeline::write_loop() {
  BatchWriter writer(database_, partitions_, hash_key_);
  for (;;) {
    std::unique_lock lock(rows_mutex_);
    rows_ready_.wait(lock, [this] { return rows_.ready() || (parsers_done_ && rows_.empty()); });
    if (rows_.empty()) return;
    const Lane lane = *rows_.ready();
    Batch batch = take_rows(lane);
    rows_.begin(lane);
    rows_room_.notify_all();
    lock.unlock();
    write(writer, std::move(batch));
    lock.lock();
    rows_.end(lane);
    if (lane == Lane::kLarge || parsers_done_) rows_ready_.notify_all();
  }
}

}  // namespace backtrail::ingest
