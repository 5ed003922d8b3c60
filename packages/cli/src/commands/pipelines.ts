import { setTimeout as sleep } from 'node:timers/promises'
import {
  type JsonValue,
  KaizenError,
  type PipelineRunDetail,
  pipelinesApi,
} from '@kaizen/contracts'
import type { Client } from '@kaizen/sdk'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { formatTime, print, printable, renderTable } from '../render.ts'

const pollMs = 200

/** `kaizen pipelines`: graphs of steps and their runs. */
export function pipelinesCommand(): Command {
  return new Command('pipelines')
    .description('Pipelines: graphs of steps, runs and logs.')
    .addCommand(listCommand())
    .addCommand(startCommand())
    .addCommand(runsCommand())
    .addCommand(showCommand())
    .addCommand(cancelCommand())
}

const listCommand = (): Command =>
  apiCommand('list', 'List pipelines.', 'kaizen pipelines list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const pipelines = await Array.fromAsync(client.paged(pipelinesApi.list))
      print(json, pipelines, () =>
        pipelines.length === 0
          ? 'No pipelines yet. Declare one in kaizen.ts and run `kaizen apply`.'
          : renderTable(pipelines, [
              { title: 'name', of: (row) => row.name },
              { title: 'steps', of: (row) => row.steps, right: true },
              { title: 'last run', of: (row) => row.lastRun?.state },
              { title: 'at', of: (row) => formatTime(row.lastRun?.createdAt) },
            ]),
      )
    },
  )

const startCommand = (): Command =>
  apiCommand(
    'start',
    'Start a run and follow its log to the end.',
    'kaizen pipelines start fit-demand trainFrom=1293840000000 trainTo=1301616000000',
  )
    .argument('<name>', 'the pipeline')
    .argument('[params...]', 'NAME=VALUE for its parameters; values are JSON or text')
    .option('--no-cache', 'run every step anew')
    .option('--detach', 'do not wait')
    .action(
      async (
        name: string,
        params: readonly string[],
        flags: { cache: boolean; detach?: boolean },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const run = await client.call(pipelinesApi.run, {
          params: { name },
          body: { params: parseParams(params), cache: flags.cache },
        })
        if (flags.detach) {
          print(json, run, () => run.id)
          return
        }
        const ended = await followRun(
          client,
          run.id,
          json ? () => undefined : (line) => process.stdout.write(`${line}\n`),
        )
        print(json, ended, () => describeRun(ended))
        if (ended.state !== 'succeeded')
          throw new KaizenError(
            'STEP_FAILED',
            `the run ${run.id} has ${ended.state}: ${ended.error?.message ?? ''}`,
            { hint: `kaizen pipelines show ${run.id}` },
          )
      },
    )

const runsCommand = (): Command =>
  apiCommand('runs', 'List runs, newest first.', 'kaizen pipelines runs --pipeline fit-demand')
    .option('--pipeline <name>', 'of one pipeline')
    .action(async (flags: { pipeline?: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const { items } = await client.call(pipelinesApi.runs, {
        query: given('pipeline', flags.pipeline),
      })
      print(json, items, () =>
        renderTable(items, [
          { title: 'run', of: (row) => row.id },
          { title: 'pipeline', of: (row) => row.pipeline },
          { title: 'state', of: (row) => row.state },
          { title: 'created', of: (row) => formatTime(row.createdAt) },
          { title: 'steps', of: (row) => `${row.steps.done}/${row.steps.total}`, right: true },
          { title: 'by', of: (row) => row.trigger },
        ]),
      )
    })

const showCommand = (): Command =>
  apiCommand(
    'show',
    'Show a run with its steps.',
    'kaizen pipelines show run_01m7ywrkvf506jzrgaq5yw20qx',
  )
    .argument('<run>', 'id of the run')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const run = await client.call(pipelinesApi.runDetail, { params: { id } })
      print(json, run, () => describeRun(run))
    })

const cancelCommand = (): Command =>
  apiCommand('cancel', 'Cancel a run.', 'kaizen pipelines cancel run_01m7ywrkvf506jzrgaq5yw20qx')
    .argument('<run>', 'id of the run')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const run = await client.call(pipelinesApi.cancel, { params: { id } })
      print(json, run, () => `The run is ${run.state}.`)
    })

/** Prints log lines as they come, until the run has ended. */
export async function followRun(
  client: Client,
  id: string,
  onLine: (line: string) => void,
): Promise<PipelineRunDetail> {
  let after = 0
  for (;;) {
    const { lines, next, complete } = await client.call(pipelinesApi.logs, {
      params: { id },
      query: { after },
    })
    for (const line of lines) onLine(`${line.node} │ ${printable(line.text)}`)
    after = next
    if (complete && lines.length === 0)
      return client.call(pipelinesApi.runDetail, { params: { id } })
    if (lines.length === 0) await sleep(pollMs)
  }
}

export function parseParams(params: readonly string[]): Record<string, JsonValue> {
  return Object.fromEntries(
    params.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new KaizenError('INVALID_REQUEST', `"${text}" is not NAME=VALUE`)
      return [text.slice(0, at), parseJsonOrText(text.slice(at + 1))]
    }),
  )
}

function parseJsonOrText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return text
  }
}

export function describeRun(run: PipelineRunDetail): string {
  const steps = renderTable(run.stepRuns, [
    { title: 'step', of: (row) => row.node },
    { title: 'state', of: (row) => row.state },
    {
      title: 'ms',
      of: (row) => (row.durationMs === null ? null : Math.round(row.durationMs)),
      right: true,
    },
    { title: 'cache', of: (row) => row.cacheReason },
    { title: 'error', of: (row) => row.error?.message },
  ])
  return `${run.pipeline} ${run.id}: ${run.state}\n${steps}`
}
