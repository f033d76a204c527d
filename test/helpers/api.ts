import type { StaffRole } from '../../src/tenants/actor.ts'
import type { RunningApp } from './app.ts'

export type ApiAnswer = {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came
  body: any
  text: string
}

export type Api = (
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<ApiAnswer>

/** Asks the JSON API over loopback as a program with a key of that role. */
export async function apiOf(running: RunningApp, role: StaffRole, tags: string[] = []): Promise<Api> {
  const key = await running.apiKey(role, tags)
  return async (method, path, body, headers = {}) => {
    const answer = await fetch(`${running.url}/api/v1${path}`, {
      method,
      headers: { ...key, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = /[/+]json\b/.test(answer.headers.get('content-type') ?? '')
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : null }
  }
}
