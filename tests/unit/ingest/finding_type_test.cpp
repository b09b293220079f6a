#include <gtest/gtest.h>
#include <string>

#include "ingest/map/asff.hpp"
#include "schema/model/finding.hpp"

namespace backtrail::ingest {
namespace {

using schema::FindingTypeParts;
using schema::parse_finding_type;

TEST(FindingTypeTest, HasFiveParts) {
  EXPECT_EQ(parse_finding_type("CryptoCurrency:EC2/BitcoinTool.B!DNS"),
            (FindingTypeParts{"CryptoCurrency", "EC2", "BitcoinTool", "B", "DNS"}));
  EXPECT_EQ(parse_finding_type("Trojan:EC2/BlackholeTraffic!DNS"),
            (FindingTypeParts{"Trojan", "EC2", "BlackholeTraffic", "", "DNS"}));
  EXPECT_EQ(parse_finding_type("Recon:EC2/Portscan"), (FindingTypeParts{"Recon", "EC2", "Portscan", "", ""}));
  EXPECT_EQ(parse_finding_type("Backdoor:EC2/C&CActivity.B!DNS"),
            (FindingTypeParts{"Backdoor", "EC2", "C&CActivity", "B", "DNS"}));
}

TEST(FindingTypeTest, ADotInTheArtifactIsNoMechanism) {
  EXPECT_EQ(parse_finding_type("Execution:S3/MaliciousFile!a.b"),
            (FindingTypeParts{"Execution", "S3", "MaliciousFile", "", "a.b"}));
}

TEST(FindingTypeTest, OtherTextIsAllFamily) {
  for (const std::string text :
       {"", "Unusual Behaviors", "Recon:EC2 PortProbeUnprotectedPort", "Effects/Data Exposure"})
    EXPECT_EQ(parse_finding_type(text), (FindingTypeParts{"", "", text, "", ""}));
}

TEST(FindingTypeTest, SecurityHubsFormIsTurnedBackToGuardDutys) {
  const std::pair<const char*, const char*> cases[] = {
      {"TTPs/Discovery/Recon:EC2-Portscan", "Recon:EC2/Portscan"},
      {"TTPs/Command and Control/Backdoor:EC2-C&CActivity.B!DNS", "Backdoor:EC2/C&CActivity.B!DNS"},
      {"TTPs/Exfiltration:S3-ObjectRead.Unusual", "Exfiltration:S3/ObjectRead.Unusual"},
      {"Effects/Data Exposure/Policy:S3-BucketBlockPublicAccessDisabled", "Policy:S3/BucketBlockPublicAccessDisabled"},
      {"Unusual Behaviors/User/UnauthorizedAccess:IAMUser-ConsoleLogin", "UnauthorizedAccess:IAMUser/ConsoleLogin"},
      // a type of 2020 has a dot for the slash
      {"Software and Configuration Checks/Exfiltration:S3.ObjectRead.Unusual", "Exfiltration:S3/ObjectRead.Unusual"},
      // the purpose is the category, written with spaces
      {"TTPs/Discovery/IAMUser-AnomalousBehavior", "Discovery:IAMUser/AnomalousBehavior"},
      {"TTPs/Defense Evasion/IAMUser-AnomalousBehavior", "DefenseEvasion:IAMUser/AnomalousBehavior"},
      {"TTPs/Discovery/RDS-TorIPCaller", "Discovery:RDS/TorIPCaller"},
      // the first part of the family is the category
      {"TTPs/AnomalousBehavior/Execution:Kubernetes-ExecInPod", "Execution:Kubernetes/AnomalousBehavior.ExecInPod"},
      {"TTPs/AnomalousBehavior/Persistence:Kubernetes-WorkloadDeployed!ContainerWithSensitiveMount",
       "Persistence:Kubernetes/AnomalousBehavior.WorkloadDeployed!ContainerWithSensitiveMount"},
      // already native
      {"TTPs/PenTest:IAMUser/KaliLinux", "PenTest:IAMUser/KaliLinux"},
      {"Recon:EC2/Portscan", "Recon:EC2/Portscan"},
      // nothing of GuardDuty's: as it is
      {"Software and Configuration Checks/Vulnerabilities/CVE",
       "Software and Configuration Checks/Vulnerabilities/CVE"},
      {"Sensitive Data", "Sensitive Data"},
      {"", ""},
      {"/", "/"},
      {"TTPs/x/-", "x:/"}};
  for (const auto& [asff, native] : cases) EXPECT_EQ(guardduty_type_of_asff(asff), native);
}

}  // namespace
}  // namespace backtrail::ingest
