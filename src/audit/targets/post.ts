/** The sender of webhooks, as far as the audit uses it: it reaches no address that it must not. */
export type Post = (message: {
  url: string
  method?: 'POST' | 'PUT'
  allowPrivate: boolean
  headers: Record<string, string>
  body: string
}) => Promise<{ isDelivered: boolean; error: string | null }>

/** @throws Error when the receiver did not take it */
export async function postOrThrow(post: Post, message: Parameters<Post>[0]): Promise<void> {
  const { isDelivered, error } = await post(message)
  if (!isDelivered) throw new Error(error ?? 'the receiver did not take it')
}
