// A real server on port 0, asked through raw sockets: who may ask, answers that come later or from another thread.
#include <any>
#include <condition_variable>
#include <future>
#include <gtest/gtest.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/http/http_server_fixture.hpp"

namespace backtrail::api {
namespace {

using namespace std::chrono_literals;

// A thread that answers what a door hands to it, as the batch writer does.
class Answerer {
 public:
  Answerer() : thread_([this] { run(); }) {}
  ~Answerer() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  void put(std::function<void()> work) {
    {
      const std::lock_guard lock(mutex_);
      work_.push_back(std::move(work));
    }
    wake_.notify_all();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return stop_ || !work_.empty(); });
      if (work_.empty()) return;
      auto work = std::move(work_.front());
      work_.erase(work_.begin());
      lock.unlock();
      work();
      work = nullptr;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> work_;
  bool stop_ = false;
  std::thread thread_;
};

TEST_F(HttpServerTest, AnAsynchronousAnswerComesFromAnotherThread) {
  Answerer answerer;
  RouteOptions door;
  door.run_on = RunOn::kIngestWorker;
  router.add_async(
      Method::kPost, "/door",
      [&answerer](std::shared_ptr<const Request> request, Done done) {
        answerer.put(
            [request = std::move(request), done = std::move(done)] { done(respond::text("got " + request->body)); });
      },
      door);
  const auto port = start();
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  clients.reserve(4);
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([port, c, &right] {
      RawClient client(port);
      for (int i = 0; i < 50; ++i) {
        const std::string text = std::to_string(c) + "/" + std::to_string(i);
        if (client.ask(post("/door", text)).body == "got " + text) ++right;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(right.load(), 200);
}

TEST_F(HttpServerTest, OnlyTheFirstAnswerCounts) {
  router.add_async(Method::kPost, "/door", [](const std::shared_ptr<const Request>&, const Done& done) {
    done(respond::text("first"));
    done(respond::text("second"));
  });
  RawClient client(start());
  EXPECT_EQ(client.ask(post("/door", "x")).body, "first");
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST_F(HttpServerTest, ADroppedDoneIsA500) {
  Answerer answerer;
  router.add_async(Method::kPost, "/drop", [](const std::shared_ptr<const Request>&, const Done&) {});
  router.add_async(Method::kPost, "/drop_later", [&answerer](const std::shared_ptr<const Request>&, Done done) {
    answerer.put([done = std::move(done)] {});
  });
  router.add_async(Method::kPost, "/throw",
                   [](const std::shared_ptr<const Request>&, const Done&) { throw std::runtime_error("secret"); });
  RouteOptions inline_;
  inline_.run_on = RunOn::kIoThread;
  router.add_async(
      Method::kPost, "/drop_inline", [](const std::shared_ptr<const Request>&, const Done&) {}, inline_);
  RawClient client(start());
  for (const char* target : {"/drop", "/drop_later", "/throw", "/drop_inline"}) {
    const Reply reply = client.ask(post(target, "x"));
    EXPECT_EQ(reply.status, 500) << target;
    EXPECT_EQ(reply.body.find("secret"), std::string::npos);
  }
}

TEST_F(HttpServerTest, ALateAnswerIsA503AndIsThenIgnored) {
  Done kept;
  std::promise<void> stored;
  RouteOptions door;
  door.deadline = 50ms;
  router.add_async(
      Method::kPost, "/door",
      [&](const std::shared_ptr<const Request>&, Done done) {
        kept = std::move(done);
        stored.set_value();
      },
      door);
  RawClient client(start());
  const Reply reply = client.ask(post("/door", "x"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(reply.headers.contains("retry-after"));
  stored.get_future().wait();
  kept(respond::text("late"));
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
  server.reset();
  kept(respond::text("after the server is gone"));
  kept = nullptr;
}

TEST_F(HttpServerTest, ABlockingHandlerThatIsTooSlowIsA503) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  RouteOptions slow;
  slow.deadline = 50ms;
  router.add(
      Method::kGet, "/slow",
      [released](const Request&) {
        released.wait();
        return respond::text("late");
      },
      slow);
  RawClient client(start());
  EXPECT_EQ(client.ask(get("/slow")).status, 503);
  release.set_value();
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

// Whoever waited in the queue beyond its deadline does not run any more.
TEST_F(HttpServerTest, SlowQuestionsDoNotHoldUpIngest) {
  options.worker_threads = 1;
  options.ingest_threads = 1;
  std::promise<void> release;
  std::promise<void> entered;
  std::shared_future<void> released = release.get_future().share();
  router.add(Method::kGet, "/slow", [released, &entered](const Request&) {
    entered.set_value();
    released.wait();
    return respond::text("slow");
  });
  std::atomic<bool> ran{false};
  RouteOptions brief;
  brief.deadline = 50ms;
  router.add(
      Method::kGet, "/queued",
      [&ran](const Request&) {
        ran = true;
        return respond::text("queued");
      },
      brief);
  RouteOptions door;
  door.run_on = RunOn::kIngestWorker;
  router.add_async(
      Method::kPost, "/door",
      [](const std::shared_ptr<const Request>&, const Done& done) { done(respond::text("stored")); }, door);
  const auto port = start();
  RawClient slow(port);
  slow.send(get("/slow"));
  entered.get_future().wait();
  RawClient queued(port);
  EXPECT_EQ(queued.ask(get("/queued")).status, 503);
  RawClient sender(port);
  EXPECT_EQ(sender.ask(post("/door", "x")).body, "stored");
  release.set_value();
  EXPECT_EQ(slow.reply().body, "slow");
  EXPECT_EQ(queued.ask(get("/hello")).body, "hello");
  EXPECT_FALSE(ran.load());
}

class HttpServerAuthTest : public HttpServerTest {
 protected:
  void SetUp() override {
    options.authorise = [this](Request& request, std::string_view requirement) -> std::optional<Response> {
      ++asked;
      body_seen = !request.body.empty();
      const auto key = request.header("X-Api-Key");
      if (key == "broken") throw std::runtime_error("key store gone");
      if (key != requirement) return respond::problem(request, {.status = 401});
      request.principal = std::string("caller ") + std::string(requirement);
      return std::nullopt;
    };
    RouteOptions guarded;
    guarded.auth = "collector";
    guarded.body_limit_bytes = 1000;
    router.add(
        Method::kPost, "/guarded",
        [](const Request& request) {
          return respond::text(std::any_cast<std::string>(request.principal) + " " + request.body);
        },
        guarded);
    router.add(
        Method::kGet, "/guarded",
        [](const Request& request) { return respond::text(std::any_cast<std::string>(request.principal)); }, guarded);
    router.add_async(
        Method::kPost, "/door",
        [](const std::shared_ptr<const Request>& request, const Done& done) {
          done(respond::text(std::any_cast<std::string>(request->principal)));
        },
        guarded);
    router.add_async(
        Method::kGet, "/door",
        [](const std::shared_ptr<const Request>& request, const Done& done) {
          done(respond::text(std::any_cast<std::string>(request->principal)));
        },
        guarded);
  }

  std::atomic<int> asked{0};
  std::atomic<bool> body_seen{false};
};

TEST_F(HttpServerAuthTest, AsksOnceAndBeforeTheBody) {
  RawClient client(start());
  const std::string key = "X-Api-Key: collector\r\n";
  EXPECT_EQ(client.ask(post("/guarded", "body", key)).body, "caller collector body");
  EXPECT_EQ(client.ask(get("/guarded", key)).body, "caller collector");
  EXPECT_EQ(client.ask(post("/door", "body", key)).body, "caller collector");
  EXPECT_EQ(client.ask(get("/door", key)).body, "caller collector");
  EXPECT_EQ(asked.load(), 4);
  EXPECT_FALSE(body_seen.load());
}

TEST_F(HttpServerAuthTest, RefusesWithoutTakingTheBody) {
  const auto port = start();
  RawClient client(port);
  // The body never comes: the answer must not wait for it.
  const Reply reply =
      client.ask("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(reply.status, 401);
  EXPECT_TRUE(client.closed());
  RawClient other(port);
  EXPECT_EQ(other.ask(get("/guarded")).status, 401);
  EXPECT_EQ(other.ask(get("/door")).status, 401);
  EXPECT_EQ(other.ask(get("/guarded", "X-Api-Key: broken\r\n")).status, 500);
  EXPECT_EQ(other.ask(get("/door", "X-Api-Key: broken\r\n")).status, 500);
  EXPECT_EQ(other.ask(post("/guarded", "x", "X-Api-Key: broken\r\n")).status, 500);
}

TEST_F(HttpServerAuthTest, DoesNotStartWithoutTheCallback) {
  options.authorise = nullptr;
  EXPECT_THROW(start(), std::runtime_error);
}

}  // namespace
}  // namespace backtrail::api
