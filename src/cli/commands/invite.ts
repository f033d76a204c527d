import type { Command } from 'commander'
import { toInvitationView } from '../../invitations/invitation-view.ts'
import { readContactText } from '../../tenants/contact.ts'
import { commandLineActor, withServices } from '../context.ts'
import { printJson, say } from '../output.ts'
import { wholeNumber } from '../wrong-use.ts'

type InviteOptions = {
  customer: string
  tenant?: string
  hours?: number
  tag: string[]
  contact?: string
  json?: boolean
}

export function inviteCommand(program: Command): void {
  program
    .command('invite')
    .description('make a consent link for a customer and print it')
    .requiredOption('--customer <name>', 'name of the customer')
    .option('--tenant <id or domain>', 'pin the link to this tenant')
    .option('--hours <hours>', 'how long the link lives, 1 to 2160 (default 168, a week)', wholeNumber)
    .option('--tag <tag>', 'tag the tenant when it connects; may be repeated', collect, [])
    .option('--contact <contact>', 'whom to ask there: "Name <mail@customer.example> +45 33 12 34 56"')
    .option('--json', 'print JSON')
    .action(async ({ customer, tenant, hours, tag, contact, json }: InviteOptions) => {
      await withServices(async ({ invitations, key, publicUrl }) => {
        const invitation = await invitations.create(commandLineActor, {
          customerName: customer,
          tenant: tenant ?? null,
          tags: tag,
          contact: contact === undefined ? null : readContactText(contact),
          ...(hours === undefined ? {} : { expiresInHours: hours }),
        })
        const view = toInvitationView(invitation, { key, publicUrl }, commandLineActor)
        if (json) return printJson(view)
        say(
          `Send this link to an administrator of ${view.customerName}; it is valid until ${view.expiresAt}:`,
        )
        process.stdout.write(`${view.joinUrl}\n`)
      })
    })
}

function collect(tag: string, before: string[]): string[] {
  return [...before, tag]
}
