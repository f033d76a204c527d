import type { RequiredPermission } from '../../registration.ts'
import type { CustomerProfile, Person } from '../../world.ts'
import { permissionText } from '../permission-texts.ts'
import { html } from './html.ts'
import { page } from './layout.ts'

type ConsentPage = {
  appName: string
  publisher: string
  tenant: CustomerProfile
  person: Person
  permissions: readonly RequiredPermission[]
  action: string
  flow: string
}

/** What an administrator sees before granting for the whole organization. */
export function consentPage(it: ConsentPage): string {
  return page(
    'Permissions requested',
    html`<p class="soft">Signed in as ${it.person.username}</p>
<h1>Permissions requested</h1>
<p><strong>${it.appName}</strong> by ${it.publisher} asks for access to all of ${it.tenant.name}.</p>
<p class="soft">Publisher: ${it.publisher} (unverified)</p>
<h2>This app would like to</h2>
<ul>${it.permissions.map(permission => {
      const { title, description } = permissionText(permission)
      return html`<li><strong>${title}</strong><br><span class="soft">${description} (${permission.role})</span></li>`
    })}</ul>
<p>If you accept, the app gets this access for everybody in your organization, without a person signed in.
You can take it back at any time under Enterprise applications.</p>
<form method="post" action="${it.action}">
<input type="hidden" name="flow" value="${it.flow}">
<div class="row">
<button class="primary" type="submit" name="decision" value="accept">Accept</button>
<button type="submit" name="decision" value="cancel">Cancel</button>
</div>
</form>`,
  )
}

type ApprovalNeededPage = {
  appName: string
  tenant: CustomerProfile
  person: Person
  action: string
  flow: string
}

/** AADSTS90094: the person signed in may not grant these permissions. */
export function approvalNeededPage({ appName, tenant, person, action, flow }: ApprovalNeededPage): string {
  return page(
    'Need admin approval',
    html`<p class="soft">Signed in as ${person.username}</p>
<h1>Need admin approval</h1>
<p>${appName} needs permission to access resources in ${tenant.name} that only an administrator can grant.
Ask an administrator to grant it before you can use the app.</p>
<p class="soft">AADSTS90094: an administrator has to grant the permissions.</p>
<form method="post" action="${action}">
<input type="hidden" name="flow" value="${flow}">
<button type="submit" name="decision" value="return">Return to the application without granting consent</button>
</form>`,
  )
}
