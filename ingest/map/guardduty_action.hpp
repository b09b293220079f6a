// What happened, by GuardDuty's service.action and Security Hub's Action, which share their field names: the API call,
// connection, probe, query or login, and the remote addresses of all five places where they stand. Pure but for the
// finding and the builder it fills.
#pragma once
#include "ingest/map/finding_builder.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

// Sets finding.action when it is still empty. Attack sequences have no action: nullptr does nothing.
void map_action(const schema::JsonNode* action, schema::Finding& finding, FindingBuilder& builder);

// One remote address with what is known about its place and network; `attributes` may say more about the connection.
// Private addresses get the attribute "private": the same text in two accounts is two machines. Text that is no IP
// address ("AWS Internal", a host) becomes a fact and no entity.
void add_remote_address(std::string_view address, const Attributes& attributes, FindingBuilder& builder);

}  // namespace backtrail::ingest
