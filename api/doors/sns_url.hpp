// Which URLs in an SNS message may be believed: those of SNS itself, spelled exactly as SNS spells them.
//
// The message is a stranger's until its signature is checked, and the certificate's address stands in it: a door that
// fetches what it is told to can be sent anywhere. So the address is compared character by character, not parsed and
// forgiven: https in lower case, host sns.REGION.amazonaws.com or …com.cn, no user, port, query or fragment, and a path
// of one form. Pure; thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace backtrail::api {

inline constexpr std::size_t kSnsUrlBytesMax = 2048;

struct SnsCertificateUrl {
  std::string url;        // made anew from its parts
  std::string host;       // sns.eu-west-1.amazonaws.com
  std::string file_name;  // SimpleNotificationService-<32 hexadecimal digits>.pem
};
// Nothing for anything else.
std::optional<SnsCertificateUrl> parse_sns_certificate_url(std::string_view url);

// Whether a person may be shown this as the address that confirms a subscription.
bool is_sns_confirmation_url(std::string_view url);

// "arn:aws:sns:eu-west-1:111122223333:name" with partition, Region, account and name of their alphabets.
struct SnsTopic {
  std::string region, account_id, name;
};
std::optional<SnsTopic> parse_sns_topic(std::string_view arn);

}  // namespace backtrail::api
