import { describe, type EntraError, type ErrorTrace } from '../aadsts.ts'
import { Html, hiddenFields, html } from './html.ts'
import { page } from './layout.ts'

/** An error that ends at Entra: the application is never called. */
export function errorPage(error: EntraError, trace: ErrorTrace): string {
  return page(
    "Sorry, but we're having trouble with signing you in",
    html`<h1>Sorry, we could not sign you in</h1>
<p class="bad">${describe(error, trace)}</p>
<dl>
<dt>Error</dt><dd>AADSTS${error.code}</dd>
<dt>Request Id</dt><dd>${trace.traceId}</dd>
<dt>Correlation Id</dt><dd>${trace.correlationId}</dd>
<dt>Timestamp</dt><dd>${trace.timestamp}</dd>
</dl>`,
  )
}

export function messagePage(title: string, text: string): string {
  return page(title, html`<h1>${title}</h1><p>${text}</p>`)
}

const submitAtOnce = new Html('<script>document.forms[0].submit()</script>')

/** Hands the parameters to the application by a form that posts itself. */
export function formPostPage(action: string, params: URLSearchParams): string {
  return page(
    'Working',
    html`<h1>Working…</h1>
<form method="post" action="${action}">
${hiddenFields(params)}
<button type="submit">Continue</button>
</form>
${submitAtOnce}`,
  )
}

type SignedOutPage = { frontChannel: string[]; returnTo: string | undefined }

/** Signed out; applications hear of it through hidden frames, then the browser goes back. */
export function signedOutPage({ frontChannel, returnTo }: SignedOutPage): string {
  return page(
    'Signed out',
    html`${frontChannel.map(url => html`<iframe hidden title="Sign-out notice" src="${url}"></iframe>`)}
<h1>You signed out</h1>
${returnTo ? html`<meta http-equiv="refresh" content="1;url=${returnTo}"><p><a href="${returnTo}">Continue</a></p>` : html`<p>Close this window.</p>`}`,
  )
}

/** Asks which account to sign out when `logout_hint` names none. */
export function signOutPickerPage(action: string, usernames: string[]): string {
  return page(
    'Pick an account',
    html`<h1>Which account do you want to sign out of?</h1>
<ul>${usernames.map(
      username => html`<li><form method="post" action="${action}">
<input type="hidden" name="account" value="${username}">
<button type="submit">Sign out ${username}</button></form></li>`,
    )}</ul>`,
  )
}
