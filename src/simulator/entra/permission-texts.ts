import type { Surface } from '../world.ts'

type PermissionText = { title: string; description: string }

const texts: Record<string, PermissionText> = {
  'graph:SecurityIncident.Read.All': {
    title: 'Read all security incidents',
    description: 'Lets the app read all security incidents, without a signed-in user.',
  },
  'graph:SecurityIncident.ReadWrite.All': {
    title: 'Read and write to all security incidents',
    description: 'Lets the app read and update all security incidents, without a signed-in user.',
  },
  'graph:SecurityAlert.Read.All': {
    title: 'Read all security alerts',
    description: 'Lets the app read all security alerts, without a signed-in user.',
  },
  'graph:SecurityAlert.ReadWrite.All': {
    title: 'Read and write to all security alerts',
    description: 'Lets the app read and update all security alerts, without a signed-in user.',
  },
  'graph:ThreatHunting.Read.All': {
    title: 'Run hunting queries',
    description: 'Lets the app run hunting queries, without a signed-in user.',
  },
  'defender:Incident.Read.All': {
    title: 'Read all incidents',
    description: 'Lets the app read all incidents of Microsoft Threat Protection.',
  },
  'defender:Incident.ReadWrite.All': {
    title: 'Read and write all incidents',
    description: 'Lets the app read and update all incidents of Microsoft Threat Protection.',
  },
  'defender:AdvancedHunting.Read.All': {
    title: 'Run advanced hunting queries',
    description: 'Lets the app run any advanced query of Microsoft Threat Protection.',
  },
  'endpoint:Machine.Read.All': {
    title: 'Read all machine profiles',
    description: 'Lets the app read all machines, their owners, risk and the actions taken on them.',
  },
  'endpoint:Machine.ReadWrite.All': {
    title: 'Read and write all machine information',
    description: 'Lets the app read all machines and change their tags and value.',
  },
  'endpoint:Machine.Isolate': {
    title: 'Isolate machine',
    description: 'Lets the app cut a machine off from the network, and release it again.',
  },
  'endpoint:Machine.Scan': {
    title: 'Scan machine',
    description: 'Lets the app start an antivirus scan on a machine.',
  },
  'endpoint:Machine.CollectForensics': {
    title: 'Collect forensics',
    description: 'Lets the app collect an investigation package from a machine.',
  },
  'endpoint:Machine.RestrictExecution': {
    title: 'Restrict code execution',
    description: 'Lets the app restrict code execution on a machine.',
  },
  'endpoint:User.Read.All': {
    title: 'Read user profiles',
    description: 'Lets the app read the users who signed in on a machine.',
  },
  'endpoint:Alert.Read.All': {
    title: 'Read all alerts',
    description: 'Lets the app read all Defender for Endpoint alerts.',
  },
  'endpoint:AdvancedQuery.Read.All': {
    title: 'Run advanced queries',
    description: 'Lets the app run any advanced query of Defender for Endpoint.',
  },
}

/** What the consent page says about a permission; one it does not know is shown by its name. */
export function permissionText({ surface, role }: { surface: Surface; role: string }): PermissionText {
  return texts[`${surface}:${role}`] ?? { title: role, description: 'An application permission.' }
}
