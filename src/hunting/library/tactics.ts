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

/** A tactic by its name as files and pages write it: `InitialAccess`, `Initial access`, `initial-access`. */
export function readTacticName(name: string): Tactic | null {
  const letters = lettersOf(name)
  return tacticNames.find(tactic => lettersOf(tactic) === letters) ?? null
}

/** As Microsoft Sentinel writes it: `InitialAccess`. */
export function tacticWireName(tactic: Tactic): string {
  return tactic
    .split('-')
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}

function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, '')
}
