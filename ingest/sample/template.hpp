// JSON text with places to fill, such as {"instanceId":"<instance>"}.
//
// The catalogue of API calls is written in this form so that it reads as data. A template is compiled once into
// literal pieces and placeholder codes; expanding one is a walk over those. What a placeholder expands to depends
// only on the Scene, so the same name gives the same value everywhere in one event (request, response, resources).
// Unknown placeholders end the program at start-up (std::logic_error): they are mistakes in our own tables.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "ingest/sample/organisation.hpp"
#include "ingest/sample/rng.hpp"
#include "ingest/sample/text.hpp"

namespace backtrail::ingest::sample {

// Everything that an event's parameters can speak of.
struct Scene {
  const Account* account = nullptr;
  int region = 0;
  std::int64_t seconds = 0;
  std::uint64_t sticky = 0;       // chooses what a burst works on: its bucket, table, function, …
  std::uint64_t event_seed = 0;   // chooses what differs from event to event
  std::uint64_t issued_seed = 0;  // the access key that an AssumeRole of this burst issues
  const Instance* instance = nullptr;
  const Role* role = nullptr;  // the role that is assumed, or asked about
  std::string_view session;    // the role session's name
  std::string_view subject;    // who a web identity token was issued to
  std::string_view provider;   // who issued the web identity token
  Uuid request_id;
};

class Template {
 public:
  Template() = default;
  explicit Template(std::string_view source);  // the source must outlive the template

  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  void expand(const Scene& scene, Text& out) const;

 private:
  struct Piece {
    std::string_view literal;
    int placeholder = -1;  // follows the literal; -1 for none
  };
  std::vector<Piece> pieces_;
};

// The Scene::sticky that makes <bucket>, or <table>, stand for this one of the account's.
std::uint64_t sticky_for_bucket(const Account& account, std::string_view bucket);
std::uint64_t sticky_for_table(const Account& account, std::string_view table);

}  // namespace backtrail::ingest::sample
