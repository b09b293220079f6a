// Every finding type of GuardDuty, current and retired: maps, and is taken apart into parts that make up the type
// again; the same type comes back from the form that Security Hub gives it.
#include <array>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <set>

#include "ingest/map/asff.hpp"
#include "ingest/map/guardduty.hpp"
#include "tests/support/parsed_json.hpp"

namespace backtrail::ingest {
namespace {

// Facts of the GuardDuty user guide: "Finding types" and "Retired finding types".
constexpr std::array kTypes{
    // EC2
    "Backdoor:EC2/C&CActivity.B", "Backdoor:EC2/C&CActivity.B!DNS", "Backdoor:EC2/DenialOfService.Dns",
    "Backdoor:EC2/DenialOfService.Tcp", "Backdoor:EC2/DenialOfService.Udp",
    "Backdoor:EC2/DenialOfService.UdpOnTcpPorts", "Backdoor:EC2/DenialOfService.UnusualProtocol",
    "Backdoor:EC2/Spambot", "Behavior:EC2/NetworkPortUnusual", "Behavior:EC2/TrafficVolumeUnusual",
    "CryptoCurrency:EC2/BitcoinTool.B", "CryptoCurrency:EC2/BitcoinTool.B!DNS", "DefenseEvasion:EC2/UnusualDNSResolver",
    "DefenseEvasion:EC2/UnusualDoHActivity", "DefenseEvasion:EC2/UnusualDoTActivity",
    "Impact:EC2/AbusedDomainRequest.Reputation", "Impact:EC2/BitcoinDomainRequest.Reputation",
    "Impact:EC2/MaliciousDomainRequest.Custom", "Impact:EC2/MaliciousDomainRequest.Reputation", "Impact:EC2/PortSweep",
    "Impact:EC2/SuspiciousDomainRequest.Reputation", "Impact:EC2/WinRMBruteForce",
    "Recon:EC2/PortProbeEMRUnprotectedPort", "Recon:EC2/PortProbeUnprotectedPort", "Recon:EC2/Portscan",
    "Trojan:EC2/BlackholeTraffic", "Trojan:EC2/BlackholeTraffic!DNS", "Trojan:EC2/DGADomainRequest.B",
    "Trojan:EC2/DGADomainRequest.C!DNS", "Trojan:EC2/DNSDataExfiltration", "Trojan:EC2/DriveBySourceTraffic!DNS",
    "Trojan:EC2/DropPoint", "Trojan:EC2/DropPoint!DNS", "Trojan:EC2/PhishingDomainRequest!DNS",
    "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom", "UnauthorizedAccess:EC2/MetadataDNSRebind",
    "UnauthorizedAccess:EC2/RDPBruteForce", "UnauthorizedAccess:EC2/SSHBruteForce", "UnauthorizedAccess:EC2/TorClient",
    "UnauthorizedAccess:EC2/TorRelay",
    // IAM
    "CredentialAccess:IAMUser/AnomalousBehavior", "CredentialAccess:IAMUser/CompromisedCredentials",
    "DefenseEvasion:IAMUser/AnomalousBehavior", "DefenseEvasion:IAMUser/BedrockLoggingDisabled",
    "Discovery:IAMUser/AnomalousBehavior", "Exfiltration:IAMUser/AnomalousBehavior", "Impact:IAMUser/AnomalousBehavior",
    "InitialAccess:IAMUser/AnomalousBehavior", "PenTest:IAMUser/KaliLinux", "PenTest:IAMUser/ParrotLinux",
    "PenTest:IAMUser/PentooLinux", "Persistence:IAMUser/AnomalousBehavior", "Policy:IAMUser/RootCredentialUsage",
    "Policy:IAMUser/ShortTermRootCredentialUsage", "PrivilegeEscalation:IAMUser/AnomalousBehavior",
    "Recon:IAMUser/MaliciousIPCaller", "Recon:IAMUser/MaliciousIPCaller.Custom", "Recon:IAMUser/TorIPCaller",
    "Stealth:IAMUser/CloudTrailLoggingDisabled", "Stealth:IAMUser/PasswordPolicyChange",
    "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B",
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS",
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
    "UnauthorizedAccess:IAMUser/MaliciousIPCaller", "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
    "UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS", "UnauthorizedAccess:IAMUser/TorIPCaller",
    // S3
    "Discovery:S3/AnomalousBehavior", "Discovery:S3/MaliciousIPCaller", "Discovery:S3/MaliciousIPCaller.Custom",
    "Discovery:S3/TorIPCaller", "Exfiltration:S3/AnomalousBehavior", "Exfiltration:S3/MaliciousIPCaller",
    "Impact:S3/AnomalousBehavior.Delete", "Impact:S3/AnomalousBehavior.Permission", "Impact:S3/AnomalousBehavior.Write",
    "Impact:S3/MaliciousIPCaller", "PenTest:S3/KaliLinux", "PenTest:S3/ParrotLinux", "PenTest:S3/PentooLinux",
    "Policy:S3/AccountBlockPublicAccessDisabled", "Policy:S3/BucketAnonymousAccessGranted",
    "Policy:S3/BucketBlockPublicAccessDisabled", "Policy:S3/BucketPublicAccessGranted",
    "Stealth:S3/ServerAccessLoggingDisabled", "UnauthorizedAccess:S3/MaliciousIPCaller.Custom",
    "UnauthorizedAccess:S3/TorIPCaller",
    // EKS audit logs
    "CredentialAccess:Kubernetes/AnomalousBehavior.SecretsAccessed", "CredentialAccess:Kubernetes/MaliciousIPCaller",
    "CredentialAccess:Kubernetes/MaliciousIPCaller.Custom", "CredentialAccess:Kubernetes/SuccessfulAnonymousAccess",
    "CredentialAccess:Kubernetes/TorIPCaller", "DefenseEvasion:Kubernetes/MaliciousIPCaller",
    "DefenseEvasion:Kubernetes/MaliciousIPCaller.Custom", "DefenseEvasion:Kubernetes/SuccessfulAnonymousAccess",
    "DefenseEvasion:Kubernetes/TorIPCaller", "Discovery:Kubernetes/AnomalousBehavior.PermissionChecked",
    "Discovery:Kubernetes/MaliciousIPCaller", "Discovery:Kubernetes/MaliciousIPCaller.Custom",
    "Discovery:Kubernetes/SuccessfulAnonymousAccess", "Discovery:Kubernetes/TorIPCaller",
    "Execution:Kubernetes/AnomalousBehavior.ExecInPod", "Execution:Kubernetes/AnomalousBehavior.WorkloadDeployed",
    "Execution:Kubernetes/ExecInKubeSystemPod", "Impact:Kubernetes/MaliciousIPCaller",
    "Impact:Kubernetes/MaliciousIPCaller.Custom", "Impact:Kubernetes/SuccessfulAnonymousAccess",
    "Impact:Kubernetes/TorIPCaller",
    "Persistence:Kubernetes/AnomalousBehavior.WorkloadDeployed!ContainerWithSensitiveMount",
    "Persistence:Kubernetes/ContainerWithSensitiveMount", "Persistence:Kubernetes/MaliciousIPCaller",
    "Persistence:Kubernetes/MaliciousIPCaller.Custom", "Persistence:Kubernetes/SuccessfulAnonymousAccess",
    "Persistence:Kubernetes/TorIPCaller", "Policy:Kubernetes/AdminAccessToDefaultServiceAccount",
    "Policy:Kubernetes/AnonymousAccessGranted", "Policy:Kubernetes/ExposedDashboard",
    "Policy:Kubernetes/KubeflowDashboardExposed", "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleBindingCreated",
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleCreated",
    "PrivilegeEscalation:Kubernetes/AnomalousBehavior.WorkloadDeployed!PrivilegedContainer",
    "PrivilegeEscalation:Kubernetes/PrivilegedContainer",
    // Runtime
    "Backdoor:Runtime/C&CActivity.B", "Backdoor:Runtime/C&CActivity.B!DNS", "CryptoCurrency:Runtime/BitcoinTool.B",
    "CryptoCurrency:Runtime/BitcoinTool.B!DNS", "DefenseEvasion:Runtime/FilelessExecution",
    "DefenseEvasion:Runtime/KernelModuleLoaded", "DefenseEvasion:Runtime/ProcessInjection.Proc",
    "DefenseEvasion:Runtime/ProcessInjection.Ptrace", "DefenseEvasion:Runtime/ProcessInjection.VirtualMemoryWrite",
    "DefenseEvasion:Runtime/PtraceAntiDebugging", "DefenseEvasion:Runtime/SuspiciousCommand",
    "Discovery:Runtime/SuspiciousCommand", "Execution:Runtime/MaliciousFileExecuted",
    "Execution:Runtime/NewBinaryExecuted", "Execution:Runtime/NewLibraryLoaded", "Execution:Runtime/ReverseShell",
    "Execution:Runtime/SuspiciousCommand", "Execution:Runtime/SuspiciousShellCreated",
    "Execution:Runtime/SuspiciousTool", "Impact:Runtime/AbusedDomainRequest.Reputation",
    "Impact:Runtime/BitcoinDomainRequest.Reputation", "Impact:Runtime/CryptoMinerExecuted",
    "Impact:Runtime/MaliciousDomainRequest.Reputation", "Impact:Runtime/SuspiciousDomainRequest.Reputation",
    "Persistence:Runtime/SuspiciousCommand", "PrivilegeEscalation:Runtime/CGroupsReleaseAgentModified",
    "PrivilegeEscalation:Runtime/ContainerMountsHostDirectory", "PrivilegeEscalation:Runtime/DockerSocketAccessed",
    "PrivilegeEscalation:Runtime/ElevationToRoot", "PrivilegeEscalation:Runtime/RuncContainerEscape",
    "PrivilegeEscalation:Runtime/SuspiciousCommand", "PrivilegeEscalation:Runtime/UserfaultfdUsage",
    "Trojan:Runtime/BlackholeTraffic", "Trojan:Runtime/BlackholeTraffic!DNS", "Trojan:Runtime/DGADomainRequest.C!DNS",
    "Trojan:Runtime/DriveBySourceTraffic!DNS", "Trojan:Runtime/DropPoint", "Trojan:Runtime/DropPoint!DNS",
    "Trojan:Runtime/PhishingDomainRequest!DNS", "UnauthorizedAccess:Runtime/MetadataDNSRebind",
    "UnauthorizedAccess:Runtime/TorClient", "UnauthorizedAccess:Runtime/TorRelay",
    // Malware protection
    "Execution:Container/MaliciousFile", "Execution:Container/SuspiciousFile", "Execution:EC2/MaliciousFile",
    "Execution:EC2/SuspiciousFile", "Execution:ECS/MaliciousFile", "Execution:ECS/SuspiciousFile",
    "Execution:Kubernetes/MaliciousFile", "Execution:Kubernetes/SuspiciousFile", "Object:S3/MaliciousFile",
    "Execution:EC2/MaliciousFile!Snapshot", "Execution:EC2/MaliciousFile!AMI",
    "Execution:EC2/MaliciousFile!RecoveryPoint", "Execution:S3/MaliciousFile!RecoveryPoint",
    // RDS
    "CredentialAccess:RDS/AnomalousBehavior.FailedLogin", "CredentialAccess:RDS/AnomalousBehavior.SuccessfulBruteForce",
    "CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin", "CredentialAccess:RDS/MaliciousIPCaller.FailedLogin",
    "CredentialAccess:RDS/MaliciousIPCaller.SuccessfulLogin", "CredentialAccess:RDS/TorIPCaller.FailedLogin",
    "CredentialAccess:RDS/TorIPCaller.SuccessfulLogin", "Discovery:RDS/MaliciousIPCaller", "Discovery:RDS/TorIPCaller",
    // Lambda
    "Backdoor:Lambda/C&CActivity.B", "CryptoCurrency:Lambda/BitcoinTool.B", "Trojan:Lambda/BlackholeTraffic",
    "Trojan:Lambda/DropPoint", "UnauthorizedAccess:Lambda/MaliciousIPCaller.Custom",
    "UnauthorizedAccess:Lambda/TorClient", "UnauthorizedAccess:Lambda/TorRelay",
    // Attack sequences
    "AttackSequence:EC2/CompromisedInstanceGroup", "AttackSequence:ECS/CompromisedCluster",
    "AttackSequence:EKS/CompromisedCluster", "AttackSequence:IAM/CompromisedCredentials",
    "AttackSequence:S3/CompromisedData",
    // Retired
    "Exfiltration:S3/ObjectRead.Unusual", "Impact:S3/PermissionsModification.Unusual", "Impact:S3/ObjectDelete.Unusual",
    "Discovery:S3/BucketEnumeration.Unusual", "Persistence:IAMUser/NetworkPermissions",
    "Persistence:IAMUser/ResourcePermissions", "Persistence:IAMUser/UserPermissions",
    "PrivilegeEscalation:IAMUser/AdministrativePermissions", "Recon:IAMUser/NetworkPermissions",
    "Recon:IAMUser/ResourcePermissions", "Recon:IAMUser/UserPermissions",
    "ResourceConsumption:IAMUser/ComputeResources", "Stealth:IAMUser/LoggingConfigurationModified",
    "UnauthorizedAccess:IAMUser/ConsoleLogin", "UnauthorizedAccess:EC2/TorIPCaller", "Backdoor:EC2/XORDDOS",
    "Behavior:IAMUser/InstanceLaunchUnusual", "CryptoCurrency:EC2/BitcoinTool.A",
    "UnauthorizedAccess:IAMUser/UnusualASNCaller"};

TEST(GuardDutyTypesTest, EveryTypeMapsAndIsTakenApart) {
  std::set<std::string_view> seen;
  for (const std::string_view type : kTypes) {
    EXPECT_TRUE(seen.insert(type).second) << type << " is listed twice";
    for (const bool upper : {false, true}) {
      const std::string text =
          upper ? fmt::format(R"({{"AccountId":"111122223333","Region":"eu-west-1","Id":"f","Type":"{}","Severity":5,)"
                              R"("Service":{{"ServiceName":"guardduty"}},"Resource":{{}}}})",
                              type)
                : fmt::format(R"({{"accountId":"111122223333","region":"eu-west-1","id":"f","type":"{}","severity":5,)"
                              R"("service":{{"serviceName":"guardduty"}},"resource":{{}}}})",
                              type);
      const backtrail::testing::ParsedJson json(text);
      ASSERT_TRUE(looks_like_guardduty(json.root())) << type;
      const auto finding = map_guardduty(json.root(), json.text(), {1'793'707'200'000'000, nullptr});
      ASSERT_TRUE(finding.has_value()) << type;
      EXPECT_EQ(finding->type, type);
      const auto& parts = finding->type_parts;
      for (const std::string& part : {parts.purpose, parts.resource, parts.family}) EXPECT_NE(part, "") << type;
      const std::string again = fmt::format("{}:{}/{}{}{}{}{}", parts.purpose, parts.resource, parts.family,
                                            parts.mechanism.empty() ? "" : ".", parts.mechanism,
                                            parts.artifact.empty() ? "" : "!", parts.artifact);
      EXPECT_EQ(again, type);
    }
  }
  EXPECT_GT(seen.size(), 200U);
}

// "Recon:EC2/Portscan" is "TTPs/…/Recon:EC2-Portscan" in Security Hub.
TEST(GuardDutyTypesTest, EveryTypeComesBackFromSecurityHubsForm) {
  for (const std::string type : kTypes) {
    std::string copied = type;
    copied[copied.find('/')] = '-';
    EXPECT_EQ(guardduty_type_of_asff("TTPs/Category/" + copied), type);
    EXPECT_EQ(guardduty_type_of_asff(type), type) << "the native form, as OCSF carries it";
  }
}

}  // namespace
}  // namespace backtrail::ingest
