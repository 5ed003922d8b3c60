import {
  type EndpointSettings,
  type FeedbackItem,
  KaizenError,
  type LogView,
  predictionLogApi,
  type ReplayView,
  replaysApi,
  servingApi,
} from '@kaizen/contracts'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { readLabels } from '../label-file.ts'
import { finiteNumber, wholeNumber } from '../option-values.ts'
import { formatBytes, formatTime, print, renderFacts, renderTable } from '../render.ts'
import { parseReward, readJson } from './endpoint-experiments.ts'

/** `kaizen endpoints settings`, `feedback-import`, `replay` and `log`. */
export const endpointDataCommands = (): readonly Command[] => [
  settingsCommand(),
  importCommand(),
  replayCommand(),
  logCommand(),
]

const logCommand = (): Command =>
  apiCommand(
    'log',
    'Show what the prediction log of an endpoint holds and takes of the disk, by day.',
    'kaizen endpoints log fraud --compact',
  )
    .argument('<name>', 'the endpoint')
    .option('--compact', 'write everything logged so far as Parquet, and apply retention', false)
    .action(async (name: string, flags: { compact: boolean }, command: Command) => {
      const { client, json } = contextOf(command)
      const asked = flags.compact ? predictionLogApi.compact : predictionLogApi.get
      const view = await client.call(asked, { params: { name } })
      print(json, view, () => describeLog(view))
    })

function describeLog(view: LogView): string {
  const { segments, retention } = view
  const facts = renderFacts({
    predictions: view.rows,
    'on disk': formatBytes(view.sizeBytes),
    from: view.span && formatTime(view.span.from),
    to: view.span && formatTime(view.span.to),
    'not Parquet yet': `${segments.rows} in ${segments.count} segments, ${formatBytes(segments.sizeBytes)}`,
    'kept for': retention?.days === undefined ? 'good' : `${retention.days} days`,
    'kept up to': retention?.maxBytes === undefined ? 'any size' : formatBytes(retention.maxBytes),
    hold: retention?.hold ? 'nothing is removed' : null,
  })
  const days = renderTable(view.days, [
    { title: 'day', of: (row) => row.day },
    { title: 'predictions', of: (row) => row.rows, right: true },
    { title: 'files', of: (row) => row.files, right: true },
    { title: 'on disk', of: (row) => formatBytes(row.sizeBytes), right: true },
  ])
  const removed = renderTable(view.removed, [
    { title: 'removed', of: (row) => formatTime(row.removedAt) },
    { title: 'day', of: (row) => row.day },
    { title: 'predictions', of: (row) => row.rows, right: true },
    { title: 'on disk', of: (row) => formatBytes(row.sizeBytes), right: true },
    { title: 'because of', of: (row) => row.reason },
  ])
  return [
    facts,
    ...(view.days.length > 0 ? [days] : []),
    ...(view.removed.length > 0 ? [removed] : []),
  ].join('\n\n')
}

const replayCommand = (): Command =>
  apiCommand(
    'replay',
    'Put logged requests to a candidate and compare the answers; nobody is answered by it.',
    'kaizen endpoints replay fraud --model models:/fraud/4 --limit 50000 --reward correct',
  )
    .argument('<name>', 'the endpoint')
    .requiredOption(
      '--model <uri>',
      'the candidate: models:/NAME/VERSION, models:/NAME@ALIAS, ensembles:/NAME or https://HOST/v2/models/NAME',
    )
    .option(
      '--limit <rows>',
      'newest logged requests, at most 100,000',
      wholeNumber(1, 100_000),
      10_000,
    )
    .option(
      '--tolerance <amount>',
      'numbers that differ by at most this are the same',
      finiteNumber,
      0.000001,
    )
    .option('--reward <kind>', 'compare with ground truth: correct or absolute_error')
    .action(
      async (
        name: string,
        flags: { model: string; limit: number; tolerance: number; reward?: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const view = await client.call(replaysApi.run, {
          params: { name },
          body: {
            model: flags.model,
            limit: flags.limit,
            tolerance: flags.tolerance,
            ...(flags.reward === undefined ? {} : { reward: parseReward(flags.reward) }),
          },
        })
        print(json, view, () => describeReplay(view))
      },
    )

function describeReplay(view: ReplayView): string {
  const facts = renderFacts({
    candidate: `${view.model}/${view.version}`,
    'logged answers': view.rows,
    answered: view.answered,
    same: view.same,
    'lacking an input': view.incomplete,
    failed: view.failed,
    'mean difference': view.meanDifference,
    'largest difference': view.largestDifference,
    'with ground truth': view.rewarded,
    'reward logged': view.loggedReward,
    'reward of the candidate': view.candidateReward,
  })
  if (view.examples.length === 0) return facts
  const examples = renderTable(view.examples, [
    { title: 'inference id', of: (row) => row.inferenceId },
    { title: 'logged', of: (row) => textOf(row.logged), right: true },
    { title: 'candidate', of: (row) => textOf(row.candidate), right: true },
    { title: 'actual', of: (row) => textOf(row.actual), right: true },
  ])
  return `${facts}\n\n${examples}`
}

const textOf = (value: string | number | boolean | null): string | number | null =>
  typeof value === 'boolean' ? String(value) : value

const settingsCommand = (): Command =>
  apiCommand(
    'settings',
    'Show or set the limits of an endpoint and what it logs.',
    `kaizen endpoints settings fraud '{"limits": {"maxConcurrent": 32, "timeoutMs": 200}, "log": {"redact": ["name"]}}'`,
  )
    .argument('<name>', 'the endpoint')
    .argument('[settings]', 'JSON or @FILE; what is left out is unlimited')
    .action(async (name: string, text: string | undefined, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const view =
        text === undefined
          ? await client.call(servingApi.get, { params: { name } })
          : await client.call(servingApi.setSettings, {
              params: { name },
              body: (await readJson('settings', text)) as EndpointSettings,
            })
      print(json, view.settings, () => JSON.stringify(view.settings, null, 2))
    })

/** Items in one call; the server takes 10,000. */
const chunk = 5000

const importCommand = (): Command =>
  apiCommand(
    'feedback-import',
    'Give the ground truth of many predictions from a CSV or JSON Lines file; again is harmless.',
    'kaizen endpoints feedback-import fraud chargebacks.csv --id inference_id --value is_fraud',
  )
    .argument('<name>', 'the endpoint')
    .argument('<file>', '.jsonl or .ndjson is JSON Lines, all else CSV with a header line')
    .option('--id <field>', 'the field of the inference id', 'inference_id')
    .option('--value <field>', 'the field of what was true', 'value')
    .option('--observed-at <field>', 'the field of when it was seen', 'observed_at')
    .action(
      async (
        name: string,
        file: string,
        flags: { id: string; value: string; observedAt: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const total = { accepted: 0, corrected: 0, unchanged: 0, unknown: 0 }
        let items: FeedbackItem[] = []
        const send = async (): Promise<void> => {
          if (items.length === 0) return
          const counts = await client.call(servingApi.feedback, {
            params: { name },
            body: { items },
          })
          items = []
          total.accepted += counts.accepted
          total.corrected += counts.corrected
          total.unchanged += counts.unchanged
          total.unknown += counts.unknown.length
        }
        for await (const item of readLabels(file, flags)) {
          items.push(item)
          if (items.length === chunk) await send()
        }
        await send()
        print(json, total, () => renderFacts(total))
        if (total.accepted + total.corrected + total.unchanged === 0 && total.unknown > 0) {
          throw new KaizenError('NOT_FOUND', `${name} has made none of these predictions`)
        }
      },
    )
