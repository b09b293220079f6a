// The server's limits at n and n + 1, its timeouts (shortened), and how it stops. Nothing here measures time: a timeout
// shows in what is answered, never in how long it took.
#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <malloc.h>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/http/server.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/support/eventually.hpp"

namespace backtrail::api {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBodyLimit = 1000;

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string post_of(std::size_t bytes) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
         std::string(bytes, 'x');
}

class HttpServerLimitsTest : public ::testing::Test {
 protected:
  std::uint16_t start() {
    RouteOptions small;
    small.body_limit_bytes = kBodyLimit;
    router.add(Method::kGet, "/hello", [](const Request&) { return respond::text("hello"); });
    router.add(
        Method::kPost, "/echo", [](const Request& request) { return respond::text(request.body); }, small);
    router.add(Method::kGet, "/wait", [this](const Request&) {
      entered.set_value();
      released.wait();
      return respond::text("waited");
    });
    server = std::make_unique<Server>(options, std::move(router));
    return server->start();
  }

  void TearDown() override {
    if (!let_go) release.set_value();
  }
  void let() {
    let_go = true;
    release.set_value();
  }

  ServerOptions options;
  Router router;
  std::promise<void> entered;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  bool let_go = false;
  std::unique_ptr<Server> server;
};

TEST_F(HttpServerLimitsTest, BodyByLength) {
  const auto port = start();
  RawClient client(port);
  EXPECT_EQ(client.ask(post_of(kBodyLimit)).body.size(), kBodyLimit);
  EXPECT_EQ(client.ask(post_of(kBodyLimit + 1)).status, 413);
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerLimitsTest, BodyByChunks) {
  const auto port = start();
  const auto status = [port](std::size_t bytes) {
    RawClient client(port);
    std::string request = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t i = 0; i < bytes; ++i) request += "1\r\nx\r\n";
    return client.ask(request + "0\r\n\r\n").status;
  };
  EXPECT_EQ(status(kBodyLimit), 200);
  EXPECT_EQ(status(kBodyLimit + 1), 413);
}

TEST_F(HttpServerLimitsTest, Head) {
  router.add(Method::kPost, "/ingest/firehose/{name}", [](const Request&) { return respond::text("firehose"); });
  const auto port = start();
  const auto status = [port](const std::string& target, std::size_t bytes) {
    std::string head = "POST " + target + " HTTP/1.1\r\nHost: a\r\nX-Amz-Firehose-Common-Attributes: ";
    head.append(bytes - head.size() - 4, 'f');
    RawClient client(port);
    return client.ask(head + "\r\n\r\n").status;
  };
  EXPECT_EQ(status("/echo", kHeadBytesMax), 200);
  EXPECT_EQ(status("/echo", kHeadBytesMax + 1), 431);
  EXPECT_EQ(status("/ingest/firehose/a", kLargeHeadBytesMax), 200);
  EXPECT_EQ(status("/ingest/firehose/a", kLargeHeadBytesMax + 1), 431);
}

TEST_F(HttpServerLimitsTest, BytesInFlight) {
  options.limits.in_flight_body_bytes = 500;
  const auto port = start();
  {
    RawClient client(port);
    EXPECT_EQ(client.ask(post_of(500)).status, 200);
  }
  RawClient client(port);
  const Reply reply = client.ask(post_of(501));
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(reply.headers.contains("retry-after"));
  EXPECT_TRUE(client.closed());
  RawClient again(port);
  EXPECT_EQ(again.ask(post_of(500)).status, 200);
}

TEST_F(HttpServerLimitsTest, ALargeBodyWaitsForItsRoom) {
  options.limits.in_flight_body_bytes = 1000;
  options.limits.reserved_body_bytes = 100;
  options.limits.small_body_bytes = 100;
  const auto port = start();
  RawClient first(port), second(port), small(port);
  const std::string body = post_of(500);
  EXPECT_TRUE(first.send(body.substr(0, body.size() - 1)));  // 900 are for large bodies
  EXPECT_EQ(small.ask(post_of(100)).status, 200);
  EXPECT_TRUE(second.send(post_of(401)));
  EXPECT_EQ(small.ask(post_of(100)).status, 200);
  EXPECT_TRUE(first.send("x"));
  EXPECT_EQ(first.reply().status, 200);
  EXPECT_EQ(second.reply().status, 200);
}

TEST_F(HttpServerLimitsTest, ALargeBodyDoesNotWaitForEver) {
  options.limits.in_flight_body_bytes = 1000;
  options.limits.reserved_body_bytes = 100;
  options.limits.small_body_bytes = 100;
  options.limits.body_room_timeout = 20ms;
  const auto port = start();
  RawClient first(port), second(port), third(port);
  const std::string body = post_of(500);
  EXPECT_TRUE(first.send(body.substr(0, body.size() - 1)));
  EXPECT_TRUE(backtrail::testing::eventually([port] { return RawClient(port).ask(post_of(401)).status == 503; }));
  EXPECT_EQ(second.ask(post_of(400)).status, 200) << "it fits beside the first";
  EXPECT_TRUE(first.send("x"));
  EXPECT_EQ(first.reply().status, 200);
  EXPECT_EQ(third.ask(post_of(901)).status, 503) << "more than there ever is";
}

// glibc would keep blocks of this size for later once a larger one was freed.
TEST_F(HttpServerLimitsTest, FreedBodiesGoBackToTheSystem) {
  start();
  if (mallinfo2().arena == 0) GTEST_SKIP() << "another allocator";
  std::string(20 * kMiB, 'x').swap(options.address);
  std::string().swap(options.address);
  const auto before = mallinfo2().hblks;
  // More than what other tests may have left free in the heap.
  std::vector<std::unique_ptr<char[]>> blocks;
  for (int i = 0; i < 64; ++i) blocks.emplace_back(new char[2 * kFreeBytesKeptMax]);
  EXPECT_GT(mallinfo2().hblks, before) << blocks.size();
}

TEST_F(HttpServerLimitsTest, ARequestThatIsKeptStillCounts) {
  options.limits.in_flight_body_bytes = 500;
  std::shared_ptr<const Request> kept;
  router.add_async(Method::kPost, "/keep", [&kept](std::shared_ptr<const Request> request, const Done& done) {
    kept = std::move(request);
    done(respond::text("kept"));
  });
  const auto port = start();
  RawClient client(port);
  EXPECT_EQ(client.ask("POST /keep HTTP/1.1\r\nHost: a\r\nContent-Length: 400\r\n\r\n" + std::string(400, 'k')).body,
            "kept");
  RawClient other(port);
  EXPECT_EQ(other.ask(post_of(101)).status, 503);
  kept.reset();
  RawClient third(port);
  EXPECT_EQ(third.ask(post_of(101)).status, 200);
}

TEST_F(HttpServerLimitsTest, ConnectionsPerAddress) {
  options.limits.connections_per_address = 3;
  const auto port = start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(port));
    EXPECT_EQ(clients.back()->ask(get("/hello")).status, 200);
  }
  RawClient fourth(port);
  fourth.send(get("/hello"));
  EXPECT_EQ(fourth.reply().status, 0);
  EXPECT_EQ(server->stats().connections_refused_total, 1U);
  EXPECT_EQ(server->stats().connections_open, 3U);
  EXPECT_EQ(clients[0]->ask(get("/hello")).status, 200);
}

TEST_F(HttpServerLimitsTest, ConnectionsInAll) {
  options.limits.connections = 2;
  options.trusted_proxies = {"127.0.0.1"};  // no limit per address
  options.limits.connections_per_address = 1;
  const auto port = start();
  auto first = std::make_unique<RawClient>(port);
  RawClient second(port);
  EXPECT_EQ(first->ask(get("/hello")).status, 200);
  EXPECT_EQ(second.ask(get("/hello")).status, 200);
  {
    RawClient third(port);
    third.send(get("/hello"));
    EXPECT_EQ(third.reply().status, 0);
  }
  first.reset();
  while (server->stats().connections_open == 2) std::this_thread::yield();
  RawClient again(port);
  EXPECT_EQ(again.ask(get("/hello")).status, 200);
}

TEST_F(HttpServerLimitsTest, ASlowHeadIsEnded) {
  options.limits.header_timeout = 100ms;
  const auto port = start();
  RawClient client(port);
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n");
  EXPECT_EQ(client.reply().status, 408);
  EXPECT_TRUE(client.closed());
}

// Bytes that keep trickling must not extend the time.
TEST_F(HttpServerLimitsTest, ATricklingHeadIsEnded) {
  options.limits.header_timeout = 200ms;
  const auto port = start();
  RawClient client(port);
  client.send("GET /hello HTTP/1.1\r\n");
  bool alive = true;
  std::thread trickle([&] {
    for (int i = 0; i < 100'000 && alive; ++i) {
      alive = client.send("X-" + std::to_string(i % 10) + ": a\r\n");
      std::this_thread::sleep_for(20ms);
    }
  });
  trickle.join();
  EXPECT_FALSE(alive);
}

TEST_F(HttpServerLimitsTest, ASilentConnectionIsClosedWithoutAWord) {
  options.limits.header_timeout = 100ms;
  options.limits.idle_timeout = 100ms;
  const auto port = start();
  RawClient silent(port);
  EXPECT_TRUE(silent.closed());
  RawClient idle(port);
  EXPECT_EQ(idle.ask(get("/hello")).status, 200);
  EXPECT_TRUE(idle.closed());
}

TEST_F(HttpServerLimitsTest, ASlowBodyIsEnded) {
  options.limits.body_grace = 100ms;
  options.limits.body_bytes_per_second = 1000;
  const auto port = start();
  RawClient client(port);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nab");
  EXPECT_EQ(client.reply().status, 408);
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerLimitsTest, ABodyMayNotTakeForEver) {
  options.limits.body_grace = 60s;
  options.limits.body_total_timeout = 100ms;
  const auto port = start();
  RawClient client(port);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nab");
  EXPECT_EQ(client.reply().status, 408);
}

TEST_F(HttpServerLimitsTest, AReaderThatDoesNotReadIsCutOff) {
  options.limits.write_timeout = 100ms;
  std::promise<int> status;
  options.on_request = [&status](const RequestRecord& record) { status.set_value(record.bytes_out > 0 ? 1 : 0); };
  router.add(Method::kGet, "/endless", [](const Request&) {
    return respond::stream(
        [](std::string& out) {
          out.assign(100'000, 'e');
          return true;
        },
        "image/png");
  });
  const auto port = start();
  RawClient client(port);
  client.send(get("/endless"));
  EXPECT_EQ(status.get_future().get(), 1);  // the request ended although the client neither read nor closed
}

TEST_F(HttpServerLimitsTest, StoppingLetsARequestFinish) {
  const auto port = start();
  RawClient idle(port);
  EXPECT_EQ(idle.ask(get("/hello")).status, 200);
  RawClient silent(port);
  RawClient busy(port);
  busy.send(get("/wait") + get("/hello"));
  entered.get_future().wait();
  std::thread stopping([this] { server->stop(20s); });
  EXPECT_TRUE(idle.closed());  // so the stop is under way
  EXPECT_TRUE(silent.closed());
  let();
  const Reply reply = busy.reply();
  EXPECT_EQ(reply.body, "waited");
  EXPECT_EQ(reply.headers.at("connection"), "close");
  EXPECT_TRUE(busy.closed());  // what was pipelined behind is not served
  stopping.join();
  EXPECT_THROW(RawClient{port}, std::runtime_error);
}

TEST_F(HttpServerLimitsTest, StoppingCutsWhatDoesNotFinish) {
  options.limits.async_deadline = 60s;
  Done kept;
  std::promise<void> stored;
  router.add_async(Method::kPost, "/never", [&](const std::shared_ptr<const Request>&, Done done) {
    kept = std::move(done);
    stored.set_value();
  });
  const auto port = start();
  RawClient client(port);
  client.send("POST /never HTTP/1.1\r\nHost: a\r\n\r\n");
  stored.get_future().wait();
  RawClient half(port);
  half.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab");
  server->stop(50ms);
  EXPECT_EQ(client.reply().status, 0);
  EXPECT_EQ(half.reply().status, 0);
  kept(respond::text("too late"));
}

TEST_F(HttpServerLimitsTest, StopsTwiceAndWithoutStart) {
  start();
  server->stop();
  server->stop();
  Server never(ServerOptions{}, Router());
  never.stop();
}

// Many short connections and requests at once from several threads, while the server stops under them.
TEST_F(HttpServerLimitsTest, StopsUnderLoad) {
  const auto port = start();
  std::atomic<int> good{0};
  std::atomic<bool> go_on{true};
  std::vector<std::thread> clients;
  clients.reserve(4);
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] {
      while (go_on) {
        try {
          RawClient client(port);
          for (int i = 0; i < 5 && go_on; ++i) {
            if (client.ask(c % 2 == 0 ? get("/hello") : post_of(100)).status == 200) ++good;
          }
        } catch (const std::runtime_error&) {
          return;  // nobody listens any more
        }
      }
    });
  }
  while (good < 200) std::this_thread::yield();
  server->stop(5s);
  go_on = false;
  for (auto& client : clients) client.join();
  EXPECT_GE(good.load(), 200);
  EXPECT_EQ(server->stats().connections_open, 0U);
}

}  // namespace
}  // namespace backtrail::api
