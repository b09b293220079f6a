#include "ingest/sample/identity.hpp"

namespace backtrail::ingest::sample {
namespace {

void put_issuer(const RoleSession& session, Text& out) {
  out.put(R"("sessionIssuer":{"type":"Role","principalId":")");
  out.put(session.role->id);
  out.put(R"(","arn":")");
  out.put(session.role->arn);
  out.put(R"(","accountId":")");
  out.put(session.account_id);
  out.put(R"(","userName":")");
  out.put(session.role->name);
  out.put(R"("},)");
}

void put_attributes(std::int64_t created, bool mfa, Text& out) {
  out.put(R"("attributes":{"creationDate":")");
  out.put_iso(created);
  out.put(mfa ? R"(","mfaAuthenticated":"true"})" : R"(","mfaAuthenticated":"false"})");
}

}  // namespace

void put_role_session_arn(const RoleSession& session, Text& out) {
  out.put("arn:aws:sts::");
  out.put(session.account_id);
  out.put(":assumed-role/");
  out.put(session.role->name);
  out.put('/');
  out.put_escaped(session.session);
}

void put_role_session(const RoleSession& session, Text& out) {
  out.put(R"({"type":"AssumedRole","principalId":")");
  out.put(session.role->id);
  out.put(':');
  out.put_escaped(session.session);
  out.put(R"(","arn":")");
  put_role_session_arn(session, out);
  out.put(R"(","accountId":")");
  out.put(session.account_id);
  if (!session.key.empty()) {
    out.put(R"(","accessKeyId":")");
    out.put(session.key);
  }
  out.put(R"(","sessionContext":{)");
  put_issuer(session, out);
  if (session.web_provider.empty()) {
    out.put(R"("webIdFederationData":{},)");
  } else {
    out.put(R"("webIdFederationData":{"federatedProvider":"arn:aws:iam::)");
    out.put(session.account_id);
    out.put(":oidc-provider/");
    out.put(session.web_provider);
    out.put(R"(","attributes":{}},)");
  }
  put_attributes(session.created, session.mfa, out);
  if (!session.source_identity.empty()) {
    out.put(R"(,"sourceIdentity":")");
    out.put_escaped(session.source_identity);
    out.put('"');
  }
  if (!session.delivery.empty()) {
    out.put(R"(,"ec2RoleDelivery":")");
    out.put(session.delivery);
    out.put('"');
  }
  out.put('}');
  if (!session.on_behalf_of.empty()) {
    out.put(R"(,"onBehalfOf":{"userId":")");
    out.put(session.on_behalf_of);
    out.put(R"(","identityStoreArn":"arn:aws:identitystore::111111111111:identitystore/)");
    out.put(kIdentityStore);
    out.put(R"("})");
  }
  if (!session.invoked_by.empty()) {
    out.put(R"(,"invokedBy":")");
    out.put(session.invoked_by);
    out.put('"');
  }
  out.put('}');
}

void put_iam_user(std::string_view account_id, const User& user, std::string_view key, std::int64_t created, bool mfa,
                  Text& out) {
  out.put(R"({"type":"IAMUser","principalId":")");
  out.put(user.id);
  out.put(R"(","arn":")");
  out.put(user.arn);
  out.put(R"(","accountId":")");
  out.put(account_id);
  if (!key.empty()) {
    out.put(R"(","accessKeyId":")");
    out.put(key);
  }
  out.put(R"(","userName":")");
  out.put(user.name);
  out.put('"');
  if (created != 0) {
    out.put(R"(,"sessionContext":{"sessionIssuer":{},"webIdFederationData":{},)");
    put_attributes(created, mfa, out);
    out.put('}');
  }
  out.put('}');
}

void put_service(std::string_view service, Text& out) {
  out.put(R"({"type":"AWSService","invokedBy":")");
  out.put(service);
  out.put(R"("})");
}

void put_foreign_account(std::string_view account_id, std::string_view principal_id, Text& out) {
  out.put(R"({"type":"AWSAccount","principalId":")");
  out.put_escaped(principal_id);
  out.put(R"(","accountId":")");
  out.put(account_id);
  out.put(R"("})");
}

void put_web_identity(std::string_view principal, std::string_view subject, std::string_view provider, Text& out) {
  out.put(R"({"type":"WebIdentityUser","principalId":")");
  out.put_escaped(principal);
  out.put(R"(","userName":")");
  out.put_escaped(subject);
  out.put(R"(","identityProvider":")");
  out.put_escaped(provider);
  out.put(R"("})");
}

void put_saml_user(std::string_view principal, std::string_view subject, Text& out) {
  out.put(R"({"type":"SAMLUser","principalId":")");
  out.put_escaped(principal);
  out.put(R"(","userName":")");
  out.put_escaped(subject);
  out.put(R"(","identityProvider":")");
  out.put(principal.substr(0, principal.find(':')));
  out.put(R"("})");
}

void put_root(std::string_view account_id, std::string_view key, std::int64_t created, Text& out) {
  out.put(R"({"type":"Root","principalId":")");
  out.put(account_id);
  out.put(R"(","arn":"arn:aws:iam::)");
  out.put(account_id);
  out.put(R"(:root","accountId":")");
  out.put(account_id);
  out.put(R"(","accessKeyId":")");
  out.put(key);
  out.put(R"(","sessionContext":{"sessionIssuer":{},"webIdFederationData":{},)");
  put_attributes(created, true, out);
  out.put("}}");
}

void put_identity_center_user(std::string_view account_id, std::string_view user_id, std::string_view credential,
                              Text& out) {
  out.put(R"({"type":"IdentityCenterUser","accountId":")");
  out.put(account_id);
  out.put(R"(","onBehalfOf":{"userId":")");
  out.put(user_id);
  out.put(R"(","identityStoreArn":"arn:aws:identitystore::)");
  out.put(account_id);
  out.put(":identitystore/");
  out.put(kIdentityStore);
  out.put(R"("},"credentialId":")");
  out.put(credential);
  out.put(R"("})");
}

}  // namespace backtrail::ingest::sample
