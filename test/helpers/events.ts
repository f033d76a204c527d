import type { RunningApp } from './app.ts'

export type IncidentEvents = {
  /** What came so far. */
  heard: { id: string; tenantId: string; kind: string; updatedAt: string }[]
  close(): Promise<void>
}

/** Follows the incidents as a program with a reader's key; resolves once nothing is missed any more. */
export async function openEvents(running: RunningApp, tags: string[] = []): Promise<IncidentEvents> {
  const key = await running.apiKey('reader', tags)
  const end = new AbortController()
  const answer = await fetch(`${running.url}/api/v1/incidents/events`, {
    headers: { ...key, accept: 'text/event-stream' },
    signal: end.signal,
  })
  if (!answer.ok || !answer.body) throw new Error(await answer.text())
  const heard: IncidentEvents['heard'] = []
  const reading = read(answer.body, heard).catch(() => {})
  return {
    heard,
    async close() {
      end.abort()
      await reading
    },
  }
}

async function read(body: ReadableStream<Uint8Array>, heard: IncidentEvents['heard']): Promise<void> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of body) {
    text += decoder.decode(piece, { stream: true })
    const messages = text.split('\n\n')
    text = messages.pop() ?? ''
    for (const message of messages) {
      const data = /^data: (.*)$/m.exec(message)?.[1]
      if (data && !message.includes('event: missed')) heard.push(JSON.parse(data))
    }
  }
}
