import { html } from './entra/pages/html.ts'
import { page } from './entra/pages/layout.ts'

/** What somebody sees who opens the simulator itself. */
export function homePage(customerCount: number): string {
  return page(
    'What this is',
    html`<h1>A simulated Microsoft cloud</h1>
<p>This server plays Entra ID, Microsoft Graph security, Defender XDR and Defender for Endpoint for
${customerCount} invented customers, so that everything can be tried without a real tenant.</p>
<dl>
<dt>Entra</dt><dd>/{tenant}/oauth2/v2.0/…, /{tenant}/adminconsent</dd>
<dt>Graph</dt><dd>/v1.0/security/…</dd>
<dt>Defender XDR</dt><dd>/api/incidents, /api/advancedhunting/run</dd>
<dt>Defender for Endpoint</dt><dd>/api/…</dd>
<dt>Control</dt><dd><a href="/__simulator">/__simulator</a></dd>
</dl>`,
  )
}
