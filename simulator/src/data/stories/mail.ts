import { fileOf } from '../images.ts'
import { evidence } from './evidence.ts'
import type { Story } from './story.ts'

/** A mail leads to a false sign-in page; somebody signs in from elsewhere and hides the answers. */
export const phishingClick: Story = {
  id: 'phishing-click',
  needs: ['office365', 'entra-p2'],
  isMalicious: true,
  tell(story) {
    const victim = story.account()
    const url = `https://login.share-point-docs.example/${story.random.hex(10)}`
    const senderIp = story.attackerIp()
    const message = story.mail({
      subject: `${story.random.pick(['Your document is waiting', 'Voicemail received', 'Action required: mailbox storage', 'Invoice overdue'])} #${story.random.int(100, 999)}`,
      recipient: victim,
      senderAddress: 'notify@share-point-docs.example',
      senderName: 'Document Service',
      senderIp,
      urls: [url],
      attachments: [],
      threats: ['Phish'],
      deliveryAction: 'Delivered',
    })
    story.click(message, url, true)
    story.alert({
      title: 'A potentially malicious URL click was detected',
      description:
        'A recipient followed a link that was found to be a phishing page after the mail had been delivered.',
      severity: 'high',
      category: 'InitialAccess',
      techniques: ['T1566.002'],
      service: 'microsoftDefenderForOffice365',
      detection: 'microsoftDefenderForOffice365',
      evidence: [
        evidence.user(victim),
        evidence.mailbox(victim),
        evidence.message(message, { verdict: 'malicious' }),
        evidence.url(url, { verdict: 'malicious' }),
      ],
      investigation: 'pendingApproval',
    })
    const ip = story.attackerIp()
    story.wait(1800)
    story.signIn(victim, {
      ip,
      country: 'NG',
      city: 'Lagos',
      errorCode: 0,
      risk: 100,
      userAgent: 'axios/1.7.2',
      app: 'OfficeHome',
    })
    story.alert({
      title: 'Unfamiliar sign-in properties',
      description: 'The account signed in from a place and with a client that it never used before.',
      severity: 'high',
      category: 'InitialAccess',
      techniques: ['T1078.004'],
      service: 'azureAdIdentityProtection',
      detection: 'azureAdIdentityProtection',
      evidence: [evidence.user(victim), evidence.ip(ip, 'NG')],
    })
    return { name: 'Phishing incident with a compromised account', systemTags: ['Credential Phish'] }
  },
}

/** A mail with a macro document that protection finds after it was delivered. */
export const maliciousAttachment: Story = {
  id: 'malicious-attachment',
  needs: ['office365'],
  isMalicious: true,
  tell(story) {
    const file = fileOf(`PO_${story.random.int(10_000, 99_999)}.xlsm`, '', story.inventory.profile.seed)
    const recipients = [story.account(), story.account(), story.account()]
    const messages = recipients.map(recipient =>
      story.mail({
        subject: 'This is your order?',
        recipient,
        senderAddress: 'orders@global-trade-desk.example',
        senderName: 'Orders',
        senderIp: story.attackerIp(),
        urls: [],
        attachments: [file],
        threats: ['Malware'],
        deliveryAction: 'Delivered',
      }),
    )
    for (const message of messages) {
      story.wait(600)
      story.add('EmailPostDeliveryEvents', {
        Timestamp: story.now,
        NetworkMessageId: message.networkMessageId,
        InternetMessageId: message.internetMessageId,
        Action: 'Moved to quarantine',
        ActionType: 'Malware ZAP',
        ActionTrigger: 'SpecialAction',
        ActionResult: 'Success',
        RecipientEmailAddress: message.recipient.upn,
        DeliveryLocation: 'Quarantine',
        ThreatTypes: 'Malware',
        ReportId: story.random.guid(),
      })
    }
    const first = messages[0]
    story.alert({
      title: 'Email messages containing malicious file removed after delivery',
      description: 'Mails with an attachment that turned out to be malware were moved to quarantine.',
      severity: 'informational',
      category: 'InitialAccess',
      techniques: ['T1566.001'],
      service: 'microsoftDefenderForOffice365',
      detection: 'microsoftDefenderForOffice365',
      evidence: [
        ...recipients.map(account => evidence.mailbox(account, { remediation: 'remediated' })),
        ...(first ? [evidence.message(first, { verdict: 'malicious', remediation: 'remediated' })] : []),
        evidence.file(file, null, { remediation: 'remediated' }),
      ],
      investigation: 'successfullyRemediated',
    })
    return { name: 'Malware delivered by mail to several mailboxes' }
  },
}
