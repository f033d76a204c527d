import type { CustomerPage, PermissionGroups } from '../../../invitations/invitation-view.ts'

const groupWords: Record<keyof PermissionGroups, { title: string; summary: string }> = {
  read: { title: 'Read', summary: 'see, and change nothing' },
  triage: { title: 'Triage', summary: 'classify, assign and close incidents and alerts for you' },
  respond: { title: 'Respond', summary: 'act on devices and in your organization for you' },
}

/** What is asked for, in groups that the customer opens; for a renewal only what is new. */
export function showPermissions({ permissions, changes }: CustomerPage) {
  const asked = changes?.added ?? permissions
  return {
    onlyReads: permissions.triage.length === 0 && permissions.respond.length === 0,
    groups: (Object.keys(groupWords) as (keyof PermissionGroups)[])
      .filter(group => asked[group].length > 0)
      .map(group => ({
        id: group,
        title: changes ? `${groupWords[group].title} in addition` : groupWords[group].title,
        summary: groupWords[group].summary,
        lines: asked[group].map(({ name, product, lets, includes }) => ({
          what: lets.charAt(0).toUpperCase() + lets.slice(1),
          names: [name, ...includes],
          product,
        })),
      })),
  }
}
