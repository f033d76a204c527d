/** The tactics of MITRE ATT&CK for enterprises in the order of an attack, then what is no tactic. */
export const tactics = {
  'initial-access': 'Initial access',
  execution: 'Execution',
  persistence: 'Persistence',
  'privilege-escalation': 'Privilege escalation',
  'defense-evasion': 'Defense evasion',
  'credential-access': 'Credential access',
  discovery: 'Discovery',
  'lateral-movement': 'Lateral movement',
  collection: 'Collection',
  'command-and-control': 'Command and control',
  exfiltration: 'Exfiltration',
  impact: 'Impact',
  posture: 'Posture and overview',
} as const

export type Tactic = keyof typeof tactics

export const tacticNames = Object.keys(tactics) as [Tactic, ...Tactic[]]

/** A query that comes with Tenantry. */
export type BuiltInQuery = {
  /** stable: what a later version of the query is recognised by */
  slug: string
  name: string
  /** what it finds, and how to read an answer */
  description: string
  /** ids of ATT&CK techniques, such as `T1059.001` */
  techniques: string[]
  query: string
}
