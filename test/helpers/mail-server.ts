import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export type ReceivedMail = { from: string; to: string[]; raw: string; head: string; body: string }

/** How the server answers the next messages; the last one for good. */
export type MailAnswer =
  | 'ok'
  | 'silent'
  | { stage: 'recipient' | 'message' | 'sign-in'; code: number; text: string }

export type MailServer = {
  /** For TENANTRY_SMTP_URL. */
  url: URL
  received: ReceivedMail[]
  /** Connections that came, whatever became of them. */
  connections: () => number
  answer(...answers: MailAnswer[]): void
  close(): Promise<void>
}

/** A real mail server on this machine that keeps what it is handed. */
export async function startMailServer(
  options: { signIn?: { user: string; pass: string } } = {},
): Promise<MailServer> {
  const received: ReceivedMail[] = []
  let answers: MailAnswer[] = ['ok']
  let connections = 0
  let messages = 0
  const current = () => answers[Math.min(messages, answers.length - 1)] ?? 'ok'
  const refusal = (stage: string) => {
    const answer = current()
    if (typeof answer === 'string' || answer.stage !== stage) return null
    messages++
    return Object.assign(new Error(answer.text), { responseCode: answer.code })
  }
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', ...(options.signIn ? [] : ['AUTH'])],
    allowInsecureAuth: true,
    authOptional: !options.signIn,
    logger: false,
    closeTimeout: 100,
    onConnect(_session, callback) {
      connections++
      if (current() !== 'silent') callback()
    },
    onAuth({ username, password }, _session, callback) {
      const { user, pass } = options.signIn ?? {}
      if (username === user && password === pass) callback(null, { user: username })
      else callback(Object.assign(new Error('Invalid login'), { responseCode: 535 }))
    },
    onRcptTo(_address, _session, callback) {
      callback(refusal('recipient'))
    },
    onData(stream, session, callback) {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('end', () => {
        const refused = refusal('message')
        if (refused) return callback(refused)
        messages++
        const raw = Buffer.concat(pieces).toString()
        const [head = '', ...rest] = raw.split('\r\n\r\n')
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw,
          head: head.replace(/\r\n[ \t]+/g, ' '),
          body: rest.join('\r\n\r\n'),
        })
        callback(null, '2.0.0 queued as 4711')
      })
    },
  })
  // Clients that give up break the connection off.
  server.on('error', () => {})
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.server.address() as AddressInfo
  const { user, pass } = options.signIn ?? {}
  const signIn = user && pass ? `${encodeURIComponent(user)}:${encodeURIComponent(pass)}@` : ''

  return {
    url: new URL(`smtp://${signIn}127.0.0.1:${port}`),
    received,
    connections: () => connections,
    answer(...next) {
      answers = next
      messages = 0
    },
    close: () => new Promise(done => server.close(() => done())),
  }
}

/** A header of a message, unfolded and with its encoded words decoded; null when it is not there. */
export function headerOf({ head }: ReceivedMail, name: string): string | null {
  const lines = head.split('\r\n').filter(line => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  if (lines.length > 1) throw new Error(`${name} stands there ${lines.length} times`)
  const [line] = lines
  return line === undefined ? null : decodeWords(line.slice(name.length + 1).trim())
}

/** The text and the HTML of a message. */
export function partsOf({ head, body }: ReceivedMail): { text: string; html: string } {
  const boundary = /boundary="([^"]+)"/.exec(head)?.[1] ?? ''
  const parts = body.split(`--${boundary}`).map(part => {
    const [partHead = '', ...rest] = part.trimStart().split('\r\n\r\n')
    return { partHead, content: decodeContent(partHead, rest.join('\r\n\r\n')) }
  })
  const find = (type: string) =>
    parts.find(({ partHead }) => partHead.includes(type))?.content?.replaceAll('\r\n', '\n') ?? ''
  return { text: find('text/plain'), html: find('text/html') }
}

function decodeContent(head: string, content: string): string {
  if (/base64/i.test(head)) return Buffer.from(content, 'base64').toString()
  return /quoted-printable/i.test(head) ? fromQuotedPrintable(content.replace(/=\r\n/g, '')) : content
}

function decodeWords(text: string): string {
  return text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_all, kind: string, word: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(word, 'base64').toString()
        : fromQuotedPrintable(word.replaceAll('_', ' ')),
    )
}

function fromQuotedPrintable(text: string): string {
  const latin = text.replace(/=([0-9A-F]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(latin, 'latin1').toString()
}
