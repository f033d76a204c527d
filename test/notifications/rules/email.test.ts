import fc from 'fast-check'
import { expect, test } from 'vitest'
import { writeEmail } from '../../../src/notifications/rules/channels/email-text.ts'
import { incidentEvent } from '../../../src/notifications/rules/messages.ts'
import { readAddress } from '../../../src/platform/mail-address.ts'
import { headerOf, partsOf } from '../../helpers/mail-server.ts'
import { deliveries, mail, stage, toMail, useMail, withAlerts } from './mail-stage.ts'
import { analyst, ruleDraft } from './stage.ts'

useMail()

test('an incident is told by e-mail, as text and as HTML', async () => {
  const tenant = await stage.tenant('Contoso')
  const { id } = await stage.rules.create(analyst, ruleDraft(toMail))

  await stage.arrive(tenant, ['4711', { title: 'Ransomware on 2 hosts', ...withAlerts }])
  await stage.drive()

  const [message, ...others] = mail.received
  if (!message) throw new Error('no mail came')
  const { text, html } = partsOf(message)
  const link = `https://tenantry.partner.example/incidents/${encodeURIComponent(`${tenant}:4711`)}`
  expect(others).toEqual([])
  expect(message).toMatchObject({ from: 'alerts@partner.example', to: ['soc@partner.example'] })
  expect(headerOf(message, 'Subject')).toBe('[High] Ransomware on 2 hosts · Contoso')
  expect(headerOf(message, 'Auto-Submitted')).toBe('auto-generated')
  expect(text).toContain(
    'Tenant: Contoso\nIncident: 4711\nSeverity: High\nStatus: Active\nAssigned to: nobody',
  )
  expect(text).toContain('Product: Microsoft Defender for Endpoint')
  expect(text).toContain(`Open in Tenantry: ${link}`)
  expect(text).toContain(`Change the rule: https://tenantry.partner.example/notifications/rules/${id}`)
  expect(html).toContain(`<a href="${link}">Open in Tenantry</a>`)
  expect(await deliveries(id)).toMatchObject([
    { status: 'delivered', answer: expect.stringContaining('queued as 4711'), failure: null, attempts: 1 },
  ])
})

test('updates of an incident stay in one thread, with one subject, also those of other rules', async () => {
  const tenant = await stage.tenant('Contoso')
  await stage.rules.create(analyst, ruleDraft(toMail))
  await stage.arrive(tenant, ['1', { title: 'Ransomware', ...withAlerts }])
  await stage.drive()
  await stage.arrive(tenant, ['1', { title: 'Ransomware and theft', status: 'inProgress' }])
  await stage.drive()
  const early = mail.received.length
  await stage.arrive(tenant, [
    '1',
    { title: 'Ransomware and theft', assignedTo: 'ada@partner.example', status: 'resolved' },
  ])
  await stage.drive(300)
  await stage.rules.create(analyst, ruleDraft({ ...toMail, name: 'All', severities: [] }))
  await stage.arrive(tenant, ['1', { title: 'Ransomware', createdAt: stage.now().toISOString() }])
  await stage.drive(300)

  const ids = mail.received.map(message => headerOf(message, 'Message-ID'))
  const references = mail.received.map(message => headerOf(message, 'References')?.split(' ') ?? [])
  const [root] = references[0] ?? []
  expect(early).toBe(1)
  expect(mail.received.length).toBeGreaterThanOrEqual(3)
  expect(new Set(ids).size).toBe(ids.length)
  expect(references.map(([first]) => first)).toEqual(ids.map(() => root))
  expect(references[1]).toEqual([root, ids[0]])
  expect(mail.received[1] && headerOf(mail.received[1], 'In-Reply-To')).toBe(ids[0])
  expect(mail.received.slice(0, 2).map(message => headerOf(message, 'Subject'))).toEqual(
    Array(2).fill('[High] Ransomware · Contoso'),
  )
  expect(mail.received[1] && partsOf(mail.received[1]).text).toContain(
    'Resolved: Ransomware and theft · Contoso',
  )
})

test('a message waits for the alerts, and what changed before it was sent is in it', async () => {
  const tenant = await stage.tenant('Contoso')
  await stage.rules.create(analyst, ruleDraft(toMail))

  await stage.arrive(tenant, ['1', { title: 'Ransomware' }])
  await stage.drive(5)
  const early = mail.received.length
  await stage.arrive(tenant, ['1', { title: 'Ransomware', assignedTo: 'ada@partner.example', ...withAlerts }])
  await stage.drive(600)

  expect(early).toBe(0)
  expect(mail.received).toHaveLength(1)
  expect(mail.received[0] && partsOf(mail.received[0]).text).toMatch(
    /Assigned to: ada@partner\.example[\s\S]*Alerts: 1/,
  )
})

test('no title becomes a header, a second recipient or markup', async () => {
  const tenant = await stage.tenant('Contoso')
  await stage.rules.create(analyst, ruleDraft(toMail))
  const title =
    'x\r\nBcc: victim@other.example\r\n\r\n<img src=x onerror=alert(1)> \u2028\u202eevil &amp; "quoted"'

  await stage.arrive(tenant, ['1', { title, ...withAlerts }])
  await stage.drive()

  const [message] = mail.received
  if (!message) throw new Error('no mail came')
  expect(message.to).toEqual(['soc@partner.example'])
  expect(headerOf(message, 'Bcc')).toBeNull()
  expect(headerOf(message, 'Subject')).toBe(
    '[High] x Bcc: victim@other.example <img src=x onerror=alert(1)> evil &amp; "quoted" · Contoso',
  )
  const { html, text } = partsOf(message)
  expect(html).not.toContain('<img')
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; evil &amp;amp; &quot;quoted&quot;')
  expect(text.split('\n')[0]).toContain('High: x Bcc: victim@other.example')
})

test('whatever a title holds, a message has one subject line and no tag of it', () => {
  const event = (title: string) =>
    incidentEvent(
      {
        id: '1:1',
        tenantId: '1',
        tenantName: title,
        incidentId: '1',
        title,
        description: null,
        severity: title,
        status: title,
        assignedTo: title,
        classification: '',
        determination: '',
        tags: [],
        systemTags: [],
        products: [title],
        categories: [],
        techniques: [],
        alertCount: 1,
        redirectTo: null,
        createdAt: '2026-11-01T08:00:00.000Z',
        updatedAt: '',
        deletedAt: null,
        webUrl: null,
      },
      1,
      { rule: { id: '1', name: title }, publicUrl: 'https://tenantry.example', now: new Date() },
    )
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\r\nX: y', '<b>', '</td>', '\u0085', '\u2029'),
  )
  fc.assert(
    fc.property(hostile, title => {
      const { subject, text, html } = writeEmail(event(title), {
        name: title,
        url: 'https://tenantry.example/r',
      })

      expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
      expect(text).not.toMatch(/[^\n\P{Cc}]/u)
      const tags = new Set([...html.matchAll(/<\/?([a-z0-9!]+)/gi)].map(([, tag]) => tag))
      expect(
        [...tags].filter(
          tag =>
            ![
              '!doctype',
              'html',
              'head',
              'meta',
              'body',
              'h1',
              'h2',
              'p',
              'a',
              'table',
              'tr',
              'th',
              'td',
            ].includes(tag ?? ''),
        ),
      ).toEqual([])
    }),
  )
})

test('only one plain address is one', () => {
  expect(readAddress(' soc@Partner.EXAMPLE ')).toBe('soc@partner.example')
  const wrong = [
    'a@b.example,c@d.example',
    'Soc <soc@partner.example>',
    'soc@partner.example\r\nBcc: x@y.example',
    'group: a@b.example;',
    '',
    'a@b',
    '"a b"@c.example',
  ]
  expect(wrong.filter(address => readAddress(address) !== null)).toEqual([])
})
