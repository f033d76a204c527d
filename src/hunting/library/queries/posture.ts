import type { BuiltInQuery } from '../tactics.ts'

export const posture: BuiltInQuery[] = [
  {
    slug: 'devices-that-fell-silent',
    name: 'Devices that stopped reporting',
    description:
      'Onboarded devices whose latest report is older than a few days. A device that says nothing also alerts about nothing.',
    techniques: [],
    query: `declare query_parameters(silent: timespan = 3d);
DeviceInfo
| where Timestamp > ago(30d)
| summarize arg_max(Timestamp, *) by DeviceId
| where OnboardingStatus == "Onboarded" and Timestamp < ago(silent)
| project LastReport = Timestamp, DeviceName, OSPlatform, DeviceType, SensorHealthState, MachineGroup, DeviceId
| order by LastReport asc`,
  },
  {
    slug: 'devices-not-onboarded',
    name: 'Devices that could be onboarded',
    description:
      'Devices that others see on the network, that have no sensor and could have one: what is not watched.',
    techniques: [],
    query: `DeviceInfo
| where Timestamp > ago(14d)
| summarize arg_max(Timestamp, OnboardingStatus, DeviceName, OSPlatform, DeviceType) by DeviceId
| where OnboardingStatus == "Can be onboarded"
| project DeviceName, OSPlatform, DeviceType, OnboardingStatus, LastSeen = Timestamp, DeviceId
| order by LastSeen desc`,
  },
  {
    slug: 'exploitable-weaknesses',
    name: 'Weaknesses with a known exploit, by number of devices',
    description:
      'Vulnerabilities on devices for which an exploit is known, the widest first, with the update that closes them.',
    techniques: ['T1203', 'T1190'],
    query: `declare query_parameters(severity: string = "High");
let levels = iff(severity =~ "Critical", dynamic(["Critical"]), iff(severity =~ "High", dynamic(["Critical", "High"]), dynamic(["Critical", "High", "Medium", "Low"])));
DeviceTvmSoftwareVulnerabilities
| where set_has_element(levels, VulnerabilitySeverityLevel)
| join kind=inner (
    DeviceTvmSoftwareVulnerabilitiesKB
    | where IsExploitAvailable
    | project CveId, CvssScore, PublishedDate
  ) on CveId
| summarize Devices = dcount(DeviceId), Hosts = make_set(DeviceName, 10), Update = take_any(RecommendedSecurityUpdate)
    by CveId, CvssScore, VulnerabilitySeverityLevel, SoftwareName
| order by Devices desc`,
  },
  {
    slug: 'alerts-per-day',
    name: 'Alerts per day and severity',
    description:
      'How many alerts each day brought, for a chart and for comparing one customer with the rest.',
    techniques: [],
    query: `declare query_parameters(lookback: timespan = 30d);
AlertInfo
| where Timestamp > ago(lookback)
| summarize Alerts = dcount(AlertId), Titles = dcount(Title) by Day = bin(Timestamp, 1d), Severity
| order by Day asc, Severity asc`,
  },
  {
    slug: 'alerted-entities-in-several-alerts',
    name: 'Devices and accounts in several alerts of different kinds',
    description:
      'What appears as evidence in alerts of more than one category: weak signals that are strong together.',
    techniques: [],
    query: `declare query_parameters(lookback: timespan = 30d, atLeast: long = 2);
AlertEvidence
| where Timestamp > ago(lookback) and EntityType in ("Machine", "User")
| extend Entity = iff(EntityType == "Machine", DeviceName, AccountUpn)
| where isnotempty(Entity)
| join kind=inner (AlertInfo | distinct AlertId, Title, Category) on AlertId
| summarize Alerts = dcount(AlertId), Kinds = dcount(Category), Titles = make_set(Title1, 10), Last = max(Timestamp)
    by EntityType, Entity
| where Kinds >= atLeast
| order by Kinds desc, Alerts desc`,
  },
  {
    slug: 'sign-ins-of-administrators',
    name: 'Sign-ins of people with administrator roles',
    description:
      'Where accounts with directory roles sign in from and with what. Read it for the one address that does not fit.',
    techniques: ['T1078.004'],
    query: `declare query_parameters(lookback: timespan = 14d);
let administrators = IdentityInfo
| where Timestamp > ago(30d)
| summarize arg_max(Timestamp, AssignedRoles, JobTitle) by AccountObjectId
| where array_length(AssignedRoles) > 0
| project AccountObjectId, Roles = AssignedRoles;
EntraIdSignInEvents
| where Timestamp > ago(lookback)
| join kind=inner administrators on AccountObjectId
| summarize SignIns = count(), Failures = countif(ErrorCode != 0), Last = max(Timestamp), Roles = take_any(Roles)
    by AccountUpn, IPAddress, Country, Application
| order by SignIns asc`,
  },
  {
    slug: 'operating-systems',
    name: 'Operating systems and their versions',
    description: 'The estate of every customer by platform and version, to find what no longer gets updates.',
    techniques: [],
    query: `DeviceInfo
| where Timestamp > ago(14d)
| summarize arg_max(Timestamp, OSPlatform, OSVersion, OSBuild, OSVersionInfo) by DeviceId
| summarize Devices = count() by OSPlatform, OSVersionInfo, OSBuild
| order by Devices desc`,
  },
]
