// One CloudTrail record as JSON text.
//
// Joins what the catalogue knows about a call (Api), what it is about (Scene) and who made it from where (Caller).
// Pure: appends to `out` and touches nothing else.
#pragma once
#include <optional>
#include <string_view>

#include "ingest/sample/catalogue.hpp"
#include "ingest/sample/template.hpp"
#include "ingest/sample/text.hpp"

namespace backtrail::ingest::sample {

struct Caller {
  std::string_view identity;  // the userIdentity object
  std::string_view arn;       // for messages about denied calls
  std::string_view ip;        // or a service's name
  std::string_view agent;
  std::string_view endpoint;  // vpce-…, when the call came through one
  bool console = false;       // sessionCredentialFromConsole
  bool by_service = false;    // made by AWS: no TLS details
  bool network = false;       // recorded by a VPC endpoint: what its policy decided
};

// What differs from the catalogue's templates. Text that is set replaces the template's.
struct Outcome {
  std::string_view error_code = {};
  std::string_view error_message = {};  // made up from the call when an AccessDenied has none
  std::string_view request = {};
  std::string_view response = {};
  std::string_view resources = {};
  std::string_view additional = {};  // additionalEventData
  std::optional<Uuid> shared_id = {};
};

void write_event(const Api& api, const Scene& scene, const Caller& caller, const Outcome& outcome, const Uuid& event_id,
                 Text& out);

// The code that a service answers with when a policy forbids the call.
std::string_view denied_code(const Api& api);

}  // namespace backtrail::ingest::sample
