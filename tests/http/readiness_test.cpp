// /readyz and the spool's metrics, as a load balancer and a monitor see them: with a database, without one but with a
// spool, and with neither.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>
#include <thread>

#include "api/app.hpp"
#include "schema/registry/api_keys.hpp"
#include "tests/db/ingest_warehouse.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temp_dir.hpp"

namespace backtrail::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class ReadinessTest : public ::testing::Test {
 protected:
  ~ReadinessTest() override {
    if (server_) server_->stop();
  }
  void serve(std::size_t spool_bytes_max) {
    key_ = schema::create_api_key(warehouse_.maintenance(), "test", "administrator", {"*"}, {}, schema::now_us())
               .value()
               .token;
    ingest::spool::SpoolOptions spool;
    spool.directory = directory_ / "spool";
    spool.bytes_max = spool_bytes_max;
    spool_ = ingest::spool::Spool::open(spool).value();
    ingest::IntakeOptions intake;
    intake.canary_every = milliseconds(10);
    intake.ready_within = milliseconds(400);
    health_ = std::make_unique<ingest::DbHealth>(probe_);
    intake_ = std::make_unique<ingest::Intake>(warehouse_.pipeline(), *health_, spool_.get(), intake);
    api::AppOptions options;
    options.api = &api_;
    options.maintenance = &warehouse_.maintenance();
    options.intake = intake_.get();
    options.ingest = &warehouse_.ingest();
    options.hash_key = warehouse_.pipeline().hash_key();
    app_ = std::make_unique<api::App>(options);
    api::ServerOptions server;
    app_->connect(server);
    server_ = std::make_unique<api::Server>(std::move(server), app_->router());
    server_->start();
    ASSERT_EQ(ask("/metrics").status, 200);  // from now on the key is believed
  }
  api::Reply ask(const std::string& target) {
    return api::RawClient(server_->port())
        .ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key_ + "\r\n\r\n");
  }
  bool becomes(int status) {
    return eventually([&] { return ask("/readyz").status == status; });
  }
  void let_in(bool yes) {
    static const TestDatabase other(TestDatabase::Content::kEmpty);
    pqxx::connection connection(other.admin_connection_string());
    pqxx::nontransaction session(connection);
    const std::string& name = warehouse_.database().name();
    session.exec("ALTER DATABASE " + name + " ALLOW_CONNECTIONS " + (yes ? "true" : "false"));
    if (!yes) session.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
  }

  TempDir directory_;
  IngestWarehouse warehouse_;
  schema::Database api_{{.connection_string = warehouse_.database().connection_string("backtrail_api")}};
  schema::Database probe_{
      {.connection_string = warehouse_.database().connection_string("backtrail_ingest"), .max_connections = 1}};
  std::string key_;
  std::unique_ptr<ingest::spool::Spool> spool_;
  std::unique_ptr<ingest::DbHealth> health_;
  std::unique_ptr<ingest::Intake> intake_;
  std::unique_ptr<api::App> app_;
  std::unique_ptr<api::Server> server_;
};

TEST_F(ReadinessTest, WithNeitherDatabaseNorSpoolItIsNotReady) {
  serve(1);
  EXPECT_TRUE(becomes(200));
  let_in(false);
  EXPECT_TRUE(becomes(503));
  let_in(true);
  EXPECT_TRUE(becomes(200));
}

TEST_F(ReadinessTest, TheSpoolKeepsItReadyAndTheMetricsTellOfIt) {
  serve(std::size_t{1} << 30);
  EXPECT_THAT(ask("/metrics").body, HasSubstr("\nbacktrail_spool_segments 0\n"));
  let_in(false);
  EXPECT_TRUE(
      eventually([&] { return ask("/metrics").body.find("\nbacktrail_database_down 1\n") != std::string::npos; }));
  EXPECT_TRUE(eventually([&] { return spool_->status().segments == 1; }));  // a canary's
  EXPECT_TRUE(becomes(200));
  const std::string metrics = ask("/metrics").body;
  for (const char* line :
       {"\nbacktrail_spool_segments 1\n", "\nbacktrail_spool_bytes 67108864\n",
        "\nbacktrail_spool_postponed_segments 0\n", "\nbacktrail_spool_damaged_spans_total 0\n",
        "\nbacktrail_spool_unreadable_segments_total 0\n", "\nbacktrail_deliveries_given_up_total 0\n",
        "\nbacktrail_deliveries_set_aside_total 0\n", "\nbacktrail_internal_errors_total 0\n"})
    EXPECT_THAT(metrics, HasSubstr(line));
  let_in(true);
  EXPECT_TRUE(eventually([&] { return spool_->empty(); }));
  EXPECT_THAT(ask("/metrics").body, HasSubstr("\nbacktrail_database_down 0\n"));
}

}  // namespace
}  // namespace backtrail::testing
