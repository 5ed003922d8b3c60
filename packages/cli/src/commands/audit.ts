import { auditApi, KaizenError } from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { wholeNumber } from '../option-values.ts'
import { formatTime, print, renderTable } from '../render.ts'

/** `kaizen audit`: the event log. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('The audit log: every change, chained by hashes.')
    .addCommand(listCommand())
    .addCommand(verifyCommand())
}

const listCommand = (): Command =>
  apiCommand(
    'list',
    'List events, newest first.',
    "kaizen audit list --type 'continual.*' --limit 20",
  )
    .option('--type <type>', 'only this type; a * at the end matches by prefix')
    .option('--subject <subject>', 'only what happened to this; a * at the end matches by prefix')
    .option('--limit <number>', 'how many', wholeNumber(1), 50)
    .action(async (flags: { type?: string; subject?: string; limit: number }, command: Command) => {
      const { client, json } = contextOf(command)
      const { items } = await client.call(auditApi.list, {
        query: {
          limit: flags.limit,
          ...given('type', flags.type),
          ...given('subject', flags.subject),
        },
      })
      print(json, items, () =>
        renderTable(items, [
          { title: 'event', of: (row) => row.seq, right: true },
          { title: 'at', of: (row) => formatTime(row.at) },
          { title: 'who', of: (row) => row.actor },
          { title: 'type', of: (row) => row.type },
          { title: 'subject', of: (row) => row.subject },
        ]),
      )
    })

const verifyCommand = (): Command =>
  apiCommand(
    'verify',
    'Prove that no event was altered, removed or reordered.',
    'kaizen audit verify',
  ).action(async (_flags, command: Command) => {
    const { client, json } = contextOf(command)
    const result = await client.call(auditApi.verify)
    if (!result.ok) {
      throw new KaizenError(
        'AUDIT_BROKEN',
        `the audit chain breaks at event ${result.problem?.seq}: ${result.problem?.message}`,
        {
          hint: 'Compare with a backup from before the change; the events before this one are proven.',
          details: { ...result },
        },
      )
    }
    print(
      json,
      result,
      () =>
        `${result.events.toLocaleString('en-US')} events verified; the chain is whole. Head: ${result.head}`,
    )
  })
