import { continualApi } from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { wholeNumber } from '../option-values.ts'
import { formatNumber, formatTime, print, renderTable } from '../render.ts'

/** `kaizen loop`: how the loops stand, and the handle to push one. */
export function loopCommand(): Command {
  return new Command('loop')
    .description('The loops: state, candidates, and the handles to push, pause and stop one.')
    .addCommand(statusCommand())
    .addCommand(candidatesCommand())
    .addCommand(triggerCommand())
    .addCommand(pauseCommand())
    .addCommand(resumeCommand())
    .addCommand(rollbackCommand())
}

const statusCommand = (): Command =>
  apiCommand('status', 'Show every loop with its stages.', 'kaizen loop status').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { loops } = await client.call(continualApi.loops)
      print(json, loops, () =>
        loops.length === 0
          ? 'No loop yet. Declare a policy in kaizen.ts and run `kaizen apply`.'
          : loops
              .map((loop) =>
                [
                  `${loop.policy} (${loop.state}), endpoint ${loop.endpoint}, ${formatTime(loop.now)}`,
                  renderTable(loop.stages, [
                    { title: 'stage', of: (row) => row.stage },
                    { title: 'state', of: (row) => row.state },
                    {
                      title: 'value',
                      of: (row) =>
                        row.value === null
                          ? null
                          : `${formatNumber(row.value)} ${row.unit ?? ''}`.trim(),
                      right: true,
                    },
                    { title: 'now', of: (row) => row.headline },
                    {
                      title: 'last',
                      of: (row) =>
                        row.last ? `${formatTime(row.last.at)} ${row.last.text}` : null,
                    },
                  ]),
                ].join('\n'),
              )
              .join('\n\n'),
      )
    },
  )

const candidatesCommand = (): Command =>
  apiCommand(
    'candidates',
    'List candidates, newest first.',
    'kaizen loop candidates --policy bike-loop --limit 10',
  )
    .option('--policy <name>', 'of one policy')
    .option('--limit <number>', 'how many', wholeNumber(1), 50)
    .action(async (flags: { policy?: string; limit: number }, command: Command) => {
      const { client, json } = contextOf(command)
      const { items } = await client.call(continualApi.candidates, {
        query: {
          limit: flags.limit,
          ...given('policy', flags.policy),
        },
      })
      print(json, items, () =>
        renderTable(items, [
          { title: 'number', of: (row) => row.number, right: true },
          { title: 'state', of: (row) => row.state },
          { title: 'created', of: (row) => formatTime(row.createdAt) },
          { title: 'version', of: (row) => row.modelVersion, right: true },
          { title: 'why', of: (row) => row.trigger },
          { title: 'gate', of: (row) => row.gate?.summary },
        ]),
      )
    })

interface TriggerFlags {
  readonly reason: string
  readonly ignoreCooldown: boolean
}

const triggerCommand = (): Command =>
  apiCommand(
    'trigger',
    'Ask a policy for a candidate now.',
    'kaizen loop trigger bike-loop --reason "new price list"',
  )
    .argument('<policy>', 'the policy')
    .requiredOption('--reason <text>', 'why; stands in the audit log')
    .option(
      '--ignore-cooldown',
      'though the policy asks for a longer pause between candidates',
      false,
    )
    .action(async (policy: string, flags: TriggerFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const candidate = await client.call(continualApi.trigger, {
        params: { name: policy },
        body: { reason: flags.reason, ignoreCooldown: flags.ignoreCooldown },
      })
      print(
        json,
        candidate,
        () =>
          `Candidate ${candidate.number} of ${policy} is ${candidate.state}. Watch it with: kaizen loop candidates --policy ${policy}`,
      )
    })

const pauseCommand = (): Command =>
  apiCommand(
    'pause',
    'Let no trigger ask for a candidate until the policy is resumed.',
    'kaizen loop pause bike-loop --reason "stock-taking"',
  )
    .argument('<policy>', 'the policy')
    .requiredOption('--reason <text>', 'why; stands in the audit log')
    .action((policy: string, { reason }: { reason: string }, command: Command) =>
      setPaused(command, policy, { paused: true, reason }),
    )

const resumeCommand = (): Command =>
  apiCommand('resume', 'Let triggers ask for candidates again.', 'kaizen loop resume bike-loop')
    .argument('<policy>', 'the policy')
    .option('--reason <text>', 'why; stands in the audit log', '')
    .action((policy: string, { reason }: { reason: string }, command: Command) =>
      setPaused(command, policy, { paused: false, reason }),
    )

async function setPaused(
  command: Command,
  name: string,
  body: { readonly paused: boolean; readonly reason: string },
): Promise<void> {
  const { client, json } = contextOf(command)
  const policy = await client.call(continualApi.pause, { params: { name }, body })
  print(json, policy, () =>
    body.paused
      ? `${name} is paused; what is served stays as it is. Resume it with: kaizen loop resume ${name}`
      : `${name} is ${policy.state}.`,
  )
}

const rollbackCommand = (): Command =>
  apiCommand(
    'rollback',
    'Stop the rollout and give all traffic back to the champion.',
    'kaizen loop rollback bike-loop --reason "complaints"',
  )
    .argument('<policy>', 'the policy')
    .requiredOption('--reason <text>', 'why; stands in the audit log')
    .action(async (name: string, { reason }: { reason: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const policy = await client.call(continualApi.rollback, {
        params: { name },
        body: { reason },
      })
      print(
        json,
        policy,
        () =>
          `${name}: all traffic goes to version ${policy.championVersion ?? '–'} again; the policy is ${policy.state}.`,
      )
    })
