import { type ApprovalStatus, approvalsApi, KaizenError } from '@kaizen/contracts'
import { type Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { formatTime, print, renderTable } from '../render.ts'

const championTarget = 'alias:champion'
const forOption = (): Option =>
  new Option('--for <target>', 'alias:NAME or stage:Production').default(championTarget)

/** `kaizen models approvals`: what a version still needs. */
export const approvalsCommand = (): Command =>
  apiCommand(
    'approvals',
    'Show what a version still needs, and who decided what.',
    'kaizen models approvals fraud 4',
  )
    .argument('<name>', 'the model')
    .argument('<version>', 'number of the version')
    .action(async (name: string, version: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const params = { name, version: Number(version) }
      const { items } = await client.call(approvalsApi.status, { params })
      print(json, items, () =>
        items.length === 0
          ? `${name} needs no approvals. Ask for them with: kaizen models policy ${name} --by ROLE`
          : items.map(statusText).join('\n\n'),
      )
    })

function statusText(status: ApprovalStatus): string {
  const head = `${status.target}: ${status.missing ?? 'approved'}`
  if (status.decisions.length === 0) return head
  const table = renderTable(status.decisions, [
    { title: 'decision', of: (row) => row.decision },
    { title: 'by', of: (row) => row.by },
    { title: 'roles', of: (row) => row.roles.join(', ') },
    { title: 'at', of: (row) => formatTime(row.at) },
    { title: 'reason', of: (row) => row.reason },
  ])
  return `${head}\n${table}`
}

/** `kaizen models approve`: the caller's word on a version. */
export const approveCommand = (): Command =>
  apiCommand(
    'approve',
    'Approve a version, or reject it.',
    'kaizen models approve fraud 4 --reason "slices checked"',
    'kaizen models approve fraud 4 --reject --reason "worse for new customers"',
  )
    .argument('<name>', 'the model')
    .argument('<version>', 'number of the version')
    .requiredOption('--reason <text>', 'why')
    .option('--reject', 'reject it instead', false)
    .addOption(forOption())
    .action(
      async (
        name: string,
        version: string,
        flags: { reason: string; reject: boolean; for: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const status = await client.call(approvalsApi.decide, {
          params: { name, version: Number(version) },
          body: {
            target: flags.for,
            decision: flags.reject ? 'reject' : 'approve',
            reason: flags.reason,
          },
        })
        print(json, status, () => statusText(status))
      },
    )

/** `kaizen models policy`: who has to approve. */
export const policyCommand = (): Command =>
  apiCommand(
    'policy',
    'Show or set who has to approve versions before an alias or stage may point to them.',
    'kaizen models policy fraud',
    'kaizen models policy fraud --for alias:champion --by risk --by ml-lead=2',
    'kaizen models policy fraud --for stage:Production --none',
  )
    .argument('<name>', 'the model')
    .addOption(forOption())
    .option(
      '--by <role[=count]>',
      'a role that has to approve; repeatable',
      (value: string, before: readonly string[]) => [...before, value],
      [] as readonly string[],
    )
    .option('--allow-creator', 'whoever registered a version may approve it too', false)
    .option('--none', 'ask for no approvals any more', false)
    .option('--require-signature', 'endpoints serve only versions whose signature verifies')
    .option('--no-require-signature', 'endpoints serve any version')
    .action(
      async (
        name: string,
        flags: {
          for: string
          by: readonly string[]
          allowCreator: boolean
          none: boolean
          requireSignature?: boolean
        },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const params = { name }
        const before = await client.call(approvalsApi.policy, { params })
        const others = before.rules.filter(({ target }) => target !== flags.for)
        const asked = flags.none || flags.by.length > 0
        const requireSignature = flags.requireSignature ?? before.requireSignature
        const rule = {
          target: flags.for,
          approvals: flags.by.map(parseRole),
          allowCreator: flags.allowCreator,
        }
        const rules = !asked ? before.rules : flags.none ? others : [...others, rule]
        const policy =
          asked || requireSignature !== before.requireSignature
            ? await client.call(approvalsApi.setPolicy, {
                params,
                body: { rules, requireSignature },
              })
            : before
        const signed = policy.requireSignature ? ' Its versions need a signature.' : ''
        print(json, policy, () =>
          policy.rules.length === 0
            ? `${name} needs no approvals.${signed}`
            : `${renderTable(policy.rules, [
                { title: 'target', of: (row) => row.target },
                {
                  title: 'needs',
                  of: (row) =>
                    row.approvals.map(({ role, count }) => `${count} of ${role}`).join(', '),
                },
                { title: 'creator may', of: (row) => (row.allowCreator ? 'yes' : 'no') },
              ])}${signed && `\n${signed.trim()}`}`,
        )
      },
    )

function parseRole(text: string): { readonly role: string; readonly count: number } {
  const [, role, count = '1'] = /^([^=]+)(?:=(\d{1,2}))?$/.exec(text) ?? []
  if (role !== undefined) return { role, count: Number(count) }
  throw new KaizenError('INVALID_CONFIG', `--by: "${text}" is not a role`, {
    hint: 'Write ROLE or ROLE=COUNT, for example risk=2.',
  })
}
