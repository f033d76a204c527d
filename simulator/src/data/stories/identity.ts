import { cloudAppRow } from './cloud-app-row.ts'
import { evidence } from './evidence.ts'
import type { Story } from './story.ts'

/** One password tried on many accounts, until one opens. */
export const passwordSpray: Story = {
  id: 'password-spray',
  needs: ['entra-p2'],
  isMalicious: true,
  tell(story) {
    const ip = story.attackerIp()
    const from = {
      ip,
      country: 'BR',
      city: 'Recife',
      userAgent: 'python-requests/2.32',
      client: 'Other clients',
    }
    for (const account of story.inventory.accounts.slice(0, 30)) {
      story.signIn(account, { ...from, errorCode: 50126 })
      if (story.random.chance(0.4)) story.signIn(account, { ...from, errorCode: 50053 })
    }
    const victim = story.account()
    story.signIn(victim, { ...from, errorCode: 0, risk: 100 })
    story.alert({
      title: 'Password spray',
      description:
        'Sign-ins with a wrong password came for many accounts from one address; one of them succeeded.',
      severity: 'high',
      category: 'CredentialAccess',
      techniques: ['T1110.003', 'T1078.004'],
      service: 'azureAdIdentityProtection',
      detection: 'azureAdIdentityProtection',
      evidence: [evidence.user(victim), evidence.ip(ip, 'BR')],
    })
    return { name: 'Password spray with one successful sign-in' }
  },
}

/** Mail of a compromised account is forwarded and hidden by a rule. */
export const inboxRule: Story = {
  id: 'inbox-rule',
  needs: ['office365', 'cloud-apps'],
  isMalicious: true,
  tell(story) {
    const victim = story.account()
    const ip = story.attackerIp()
    const act = (app: string, action: string) => {
      story.wait(30)
      const raw = { Operation: action, UserId: victim.upn, ClientIP: ip }
      cloudAppRow(story, victim, { action, app, ip, country: 'RU', isAnonymousProxy: true, raw })
    }
    for (let read = 0; read < 12; read++) act('Microsoft Exchange Online', 'MailItemsAccessed')
    for (let file = 0; file < 25; file++) act('Microsoft SharePoint Online', 'FileDownloaded')
    story.wait(30)
    cloudAppRow(story, victim, {
      action: 'New-InboxRule',
      app: 'Microsoft Exchange Online',
      ip,
      country: 'RU',
      isAnonymousProxy: true,
      raw: {
        Operation: 'New-InboxRule',
        UserId: victim.upn,
        Parameters: [
          { Name: 'Name', Value: '..' },
          { Name: 'SubjectContainsWords', Value: 'invoice;payment' },
          { Name: 'ForwardTo', Value: 'collector@mail-drop.example' },
          { Name: 'DeleteMessage', Value: 'True' },
        ],
      },
    })
    story.alert({
      title: 'Suspicious inbox manipulation rule',
      description: 'A rule was made that forwards mail about payments outside and deletes it.',
      severity: 'medium',
      category: 'DefenseEvasion',
      techniques: ['T1564.008', 'T1114.003'],
      service: 'microsoftDefenderForCloudApps',
      detection: 'cloudAppSecurity',
      evidence: [
        evidence.user(victim),
        evidence.mailbox(victim),
        evidence.ip(ip, 'RU'),
        evidence.cloudApp(20893, 'Microsoft Exchange Online'),
      ],
    })
    return { name: 'Business email compromise: hidden inbox rule' }
  },
}

/** An app gets permission to read mail, and new credentials. */
export const oauthConsent: Story = {
  id: 'oauth-consent',
  needs: ['cloud-apps'],
  isMalicious: true,
  tell(story) {
    const user = story.admin()
    const ip = story.attackerIp()
    const appId = story.random.guid()
    const objectId = story.random.guid()
    const target = (name: string) => [
      { ID: `ServicePrincipal_${objectId}`, Type: 2 },
      { ID: objectId, Type: 2 },
      { ID: 'ServicePrincipal', Type: 2 },
      { ID: name, Type: 1 },
    ]
    const actor = [
      { ID: user.upn, Type: 5 },
      { ID: user.objectId, Type: 3 },
      { ID: 'User', Type: 2 },
    ]
    story.wait(20)
    cloudAppRow(story, user, {
      action: 'Consent to application.',
      app: 'Office 365',
      ip,
      country: 'PL',
      isAnonymousProxy: false,
      raw: {
        Operation: 'Consent to application.',
        Target: target('Mail Backup Pro'),
        Actor: actor,
        ModifiedProperties: [{ Name: 'ConsentContext.IsAdminConsent', NewValue: 'True', OldValue: '' }],
      },
    })
    story.wait(400)
    cloudAppRow(story, user, {
      action: 'Add service principal credentials.',
      app: 'Office 365',
      ip,
      country: 'PL',
      isAnonymousProxy: false,
      raw: {
        Operation: 'Add service principal credentials.',
        Target: target('Mail Backup Pro'),
        Actor: actor,
        ModifiedProperties: [
          {
            Name: 'KeyDescription',
            NewValue: '["[KeyIdentifier=1,KeyType=AsymmetricX509Cert]","[KeyIdentifier=2,KeyType=Password]"]',
            OldValue: '["[KeyIdentifier=1,KeyType=AsymmetricX509Cert]"]',
          },
        ],
      },
    })
    story.alert({
      title: 'Suspicious OAuth app consent',
      description:
        'An app with an unusual name was given permission to read all mailboxes and got a new secret at once.',
      severity: 'medium',
      category: 'CredentialAccess',
      techniques: ['T1528', 'T1098.001'],
      service: 'microsoftDefenderForCloudApps',
      detection: 'cloudAppSecurity',
      evidence: [
        evidence.user(user),
        evidence.oauthApp(appId, objectId, 'Mail Backup Pro', 'Unverified'),
        evidence.ip(ip, 'PL'),
      ],
    })
    return { name: 'Consent given to an untrusted app' }
  },
}

/** Two sign-ins too far apart; most of the time somebody's new VPN. */
export const impossibleTravel: Story = {
  id: 'impossible-travel',
  needs: ['cloud-apps', 'entra-p2'],
  isMalicious: false,
  tell(story) {
    const user = story.account()
    const ip = story.attackerIp()
    story.signIn(user, {
      ip: story.inventory.devices[0]?.externalIp ?? ip,
      country: user.country,
      city: user.city,
      errorCode: 0,
    })
    story.wait(1500)
    story.signIn(user, { ip, country: 'SG', city: 'Singapore', errorCode: 0, risk: 50 })
    story.alert({
      title: 'Impossible travel activity',
      description: 'The account was used in two places that nobody can travel between in that time.',
      severity: 'medium',
      category: 'InitialAccess',
      techniques: ['T1078'],
      service: 'microsoftDefenderForCloudApps',
      detection: 'cloudAppSecurity',
      evidence: [evidence.user(user), evidence.ip(ip, 'SG')],
    })
    return { name: 'Impossible travel of one user' }
  },
}

/** An analytics rule of the SIEM: a source that clients who do not ask for newer enum members cannot name. */
export const sentinelRule: Story = {
  id: 'sentinel-rule',
  needs: ['defender-xdr', 'entra-p2'],
  isMalicious: false,
  tell(story) {
    const user = story.admin()
    const ip = story.attackerIp()
    story.signIn(user, {
      ip,
      country: 'IE',
      city: 'Dublin',
      errorCode: 500121,
      app: 'Azure Portal',
      risk: 10,
    })
    story.alert({
      title: 'Privileged sign-in from a new network',
      description:
        'An administrator signed in to the portal from a network that was not seen in the last fourteen days.',
      severity: 'low',
      category: 'InitialAccess',
      techniques: ['T1078.004'],
      service: 'microsoftSentinel',
      detection: 'scheduledAlerts',
      evidence: [evidence.user(user), evidence.ip(ip, 'IE', { role: 'source', verdict: 'unknown' })],
    })
    return { name: 'Privileged sign-in from a new network' }
  },
}
