import { credentialDumping, kerberoasting, remoteDesktopGuessing } from './credentials.ts'
import { encodedPowerShell, hostileNames, livingOffTheLand, webShell } from './execution.ts'
import { impossibleTravel, inboxRule, oauthConsent, passwordSpray, sentinelRule } from './identity.ts'
import { defenderTampering, exfiltration, harmlessTest, ransomware, unwantedSoftware } from './impact.ts'
import { maliciousAttachment, phishingClick } from './mail.ts'
import { domainDiscovery, lateralMovement, persistence } from './movement.ts'
import type { Story } from './story.ts'

/** Everything that can happen to a simulated customer. */
export const stories: readonly Story[] = [
  encodedPowerShell,
  phishingClick,
  credentialDumping,
  harmlessTest,
  passwordSpray,
  livingOffTheLand,
  unwantedSoftware,
  inboxRule,
  lateralMovement,
  impossibleTravel,
  persistence,
  maliciousAttachment,
  domainDiscovery,
  sentinelRule,
  remoteDesktopGuessing,
  defenderTampering,
  oauthConsent,
  exfiltration,
  kerberoasting,
  webShell,
  ransomware,
  hostileNames,
]
