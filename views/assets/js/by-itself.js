/** Says of requests that a page makes on its own that nobody asked for them: an open page keeps no session. */
export function markPolls() {
  document.addEventListener('htmx:configRequest', event => {
    if (event.detail.triggeringEvent?.type === 'hx:poll:trigger') event.detail.headers['x-by-itself'] = '1'
  })
}
