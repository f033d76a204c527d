import { type Post, postOrThrow } from '../targets/post.ts'
import { type SyslogTarget, sendSyslog } from '../targets/syslog.ts'
import type { Anchor } from './anchor.ts'
import { appendAnchor } from './file.ts'

/** Where heads go; settings/audit-targets.ts reads the same shapes. */
export type AnchorTarget =
  | { kind: 'file' }
  | { kind: 'webhook' | 'blob'; url: string }
  | ({ kind: 'syslog' } & SyslogTarget)

export type AnchorSink = {
  /** As the log may name it: without path and query, which may hold a token. */
  name: string
  /** @throws Error when it was not taken */
  write(anchor: Anchor): Promise<void>
}

/** @param path of the file */
export function createAnchorSink(
  target: AnchorTarget,
  { path, post }: { path: string; post: Post },
): AnchorSink {
  if (target.kind === 'file') return { name: 'file', write: anchor => appendAnchor(path, anchor) }
  if (target.kind === 'syslog') {
    const text = (anchor: Anchor) => ({ at: anchor.at, id: 'audit-head', text: JSON.stringify(anchor) })
    return { name: `syslog ${target.host}`, write: anchor => sendSyslog(target, [text(anchor)]) }
  }
  const url = new URL(target.url)
  return {
    name: `${target.kind} ${url.host}`,
    write: anchor =>
      postOrThrow(post, {
        ...(target.kind === 'blob' ? blobRequest(url, anchor) : { url: url.href, headers: {} }),
        allowPrivate: true,
        body: JSON.stringify({ type: 'audit.head', ...anchor }),
      }),
  }
}

/**
 * One file for each head, which an immutable container keeps; an existing one
 * is never overwritten.
 *
 * @see Azure Storage documentation, "Put Blob"
 */
function blobRequest(folder: URL, anchor: Anchor) {
  const url = new URL(folder)
  const name = `audit-head-${anchor.id}-${anchor.at.replaceAll(/[:.]/g, '-')}.json`
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${name}`
  return {
    url: url.href,
    method: 'PUT' as const,
    headers: { 'x-ms-blob-type': 'BlockBlob', 'if-none-match': '*' },
  }
}
