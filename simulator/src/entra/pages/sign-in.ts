import type { CustomerProfile, Person } from '../../world.ts'
import { type Html, hiddenFields, html } from './html.ts'
import { page } from './layout.ts'

type Account = { person: Person; isSignedIn: boolean }

type SignInPage = {
  appName: string
  tenant: CustomerProfile
  accounts: Account[]
  /** where the forms post to, with the request's own parameters */
  action: string
}

function describe(person: Person): string {
  const roles = [...person.directoryRoles, ...(person.appRoles ?? [])]
  return `${person.displayName} · ${roles.join(', ') || 'no role'}`
}

function accountButton(action: string, { person, isSignedIn }: Account, index: number): Html {
  return html`<li>
<form method="post" action="${action}">
<input type="hidden" name="account" value="${person.username}">
<button type="submit" aria-describedby="who-${index}">${isSignedIn ? 'Continue as' : 'Sign in as'} ${person.username}</button>
</form>
<span class="soft" id="who-${index}">${describe(person)}</span>
</li>`
}

/** The page that stands for Microsoft's sign-in: one button for each person of the tenant. */
export function signInPage({ appName, tenant, accounts, action }: SignInPage): string {
  return page(
    `Sign in to ${tenant.name}`,
    html`<h1>Sign in to ${tenant.name}</h1>
<p>Choose who you are. You continue to ${appName}.</p>
<p class="soft">${tenant.domain}</p>
<ul>${accounts.map((account, index) => accountButton(action, account, index))}</ul>
<form method="post" action="${action}">
<div class="row">
<div class="grow"><label for="account">Another account</label>
<input id="account" name="account" autocomplete="off" placeholder="name@company.example" required></div>
<button type="submit">Sign in</button>
</div>
</form>`,
  )
}

type TenantPickerPage = {
  path: string
  params: URLSearchParams
  filter: string
  tenants: CustomerProfile[]
  total: number
}

/** Under `organizations` any tenant may sign in: first the tenant is chosen. */
export function tenantPickerPage({ path, params, filter, tenants, total }: TenantPickerPage): string {
  const carried = [...params].filter(([name]) => name !== 'q' && name !== 'sim_tenant')
  function link(tenant: CustomerProfile): string {
    return `${path}?${new URLSearchParams([...carried, ['sim_tenant', tenant.tenantId]])}`
  }
  return page(
    'Choose an organization',
    html`<h1>Choose an organization</h1>
<p>Any organization may sign in here. Whose account do you use?</p>
<form method="get" action="${path}">
${hiddenFields(carried)}
<div class="row">
<div class="grow"><label for="q">Name or domain</label>
<input id="q" name="q" value="${filter}" autocomplete="off"></div>
<button type="submit">Filter</button>
</div>
</form>
<ul>${tenants.map(tenant => html`<li><a href="${link(tenant)}">${tenant.name}</a> <span class="soft">${tenant.domain}</span></li>`)}</ul>
<p class="soft">${tenants.length} of ${total} shown.</p>`,
  )
}
