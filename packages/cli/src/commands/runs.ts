import { KaizenError, type MlflowRun, mlflowRunsApi } from '@kaizen/contracts'
import type { Client } from '@kaizen/sdk'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { experimentIds, told } from '../mlflow-calls.ts'
import { repeatable, wholeNumber } from '../option-values.ts'
import { formatNumber, formatTime, print, printable, renderFacts, renderTable } from '../render.ts'
import { reproduceCommand } from './run-reproduce.ts'

const mostRuns = 1000
const pointsPerPage = 25_000

/** `kaizen runs`: what was tried, with which parameters and results; the runs that MLflow's clients see. */
export function runsCommand(): Command {
  return new Command('runs')
    .description('Tracking runs: parameters, metrics and curves.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(metricsCommand())
    .addCommand(reproduceCommand())
}

interface ListFlags {
  readonly experiment: readonly string[]
  readonly filter?: string
  readonly orderBy: readonly string[]
  readonly limit: number
}

const listCommand = (): Command =>
  apiCommand(
    'list',
    'List runs, newest first.',
    "kaizen runs list --filter 'metrics.mae < 40' --order-by 'metrics.mae ASC'",
  )
    .option(
      '--experiment <name>',
      'of this experiment; repeatable, all unless told',
      repeatable,
      [],
    )
    .option('--filter <filter>', "MLflow's search syntax")
    .option('--order-by <clause>', "for example 'metrics.mae ASC'; repeatable", repeatable, [])
    .option('--limit <number>', 'how many', wholeNumber(1, mostRuns), 50)
    .action(async (flags: ListFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const ids = await told(experimentIds(client, flags.experiment))
      const { runs = [] } = await told(
        client.call(mlflowRunsApi.search, {
          body: {
            experiment_ids: ids,
            max_results: flags.limit,
            order_by: flags.orderBy.length === 0 ? ['attributes.start_time DESC'] : flags.orderBy,
            ...given('filter', flags.filter),
          },
        }),
      )
      print(json, runs, () =>
        runs.length === 0
          ? 'No runs. Pipelines log theirs, and so does any MLflow client that is pointed at this server.'
          : renderTable(runs, [
              { title: 'run', of: (run) => run.info.run_id },
              { title: 'name', of: (run) => run.info.run_name },
              { title: 'status', of: (run) => run.info.status },
              { title: 'started', of: (run) => formatTime(run.info.start_time) },
              { title: 'metrics', of: metricsOnALine },
            ]),
      )
    })

const showCommand = (): Command =>
  apiCommand(
    'show',
    'Show a run: parameters, tags and last metrics.',
    'kaizen runs show 4f1c2a9e0b7d4c55a3e8f6d21b90c7aa',
  )
    .argument('<run>', 'id of the run')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { run } = await told(client.call(mlflowRunsApi.get, { query: { run_id: id } }))
      print(json, run, () => describeRun(run))
    })

const metricsCommand = (): Command =>
  apiCommand(
    'metrics',
    'Show the curve of a metric, or the last value of each.',
    'kaizen runs metrics 4f1c2a9e0b7d4c55a3e8f6d21b90c7aa loss',
  )
    .argument('<run>', 'id of the run')
    .argument('[metric]', 'its name; every metric unless told')
    .action(async (id: string, metric: string | undefined, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      if (metric === undefined) {
        const { run } = await told(client.call(mlflowRunsApi.get, { query: { run_id: id } }))
        const metrics = run.data.metrics ?? []
        print(json, metrics, () =>
          metrics.length === 0
            ? 'The run has logged no metric.'
            : renderTable(metrics, [{ title: 'metric', of: (row) => row.key }, ...pointColumns]),
        )
        return
      }
      const points = await Array.fromAsync(curve(client, id, metric))
      if (points.length === 0) {
        throw new KaizenError('NOT_FOUND', `the run ${id} has logged no metric "${metric}"`, {
          hint: `List them with: kaizen runs metrics ${id}`,
        })
      }
      print(json, points, () => renderTable(points, pointColumns))
    })

type Point = NonNullable<MlflowRun['data']['metrics']>[number]

const pointColumns = [
  { title: 'step', of: (row: Point) => row.step, right: true },
  { title: 'value', of: (row: Point) => row.value, right: true },
  { title: 'at', of: (row: Point) => formatTime(row.timestamp) },
] as const

/** All points of a metric, page after page. */
async function* curve(client: Client, runId: string, metric: string): AsyncGenerator<Point> {
  let pageToken: string | undefined
  do {
    const { metrics = [], next_page_token } = await told(
      client.call(mlflowRunsApi.history, {
        query: {
          run_id: runId,
          metric_key: metric,
          max_results: pointsPerPage,
          ...given('page_token', pageToken),
        },
      }),
    )
    yield* metrics
    pageToken = next_page_token || undefined
  } while (pageToken !== undefined)
}

const metricsOnALine = (run: MlflowRun): string =>
  (run.data.metrics ?? [])
    .slice(0, 4)
    .map(({ key, value }) => `${key} ${typeof value === 'number' ? formatNumber(value) : value}`)
    .join(', ')

function describeRun({ info, data }: MlflowRun): string {
  const pairs = (title: string, rows: readonly { key: string; value: string }[] = []): string[] =>
    rows.length === 0
      ? []
      : [
          '',
          renderTable(rows, [
            { title, of: (row) => row.key },
            { title: 'value', of: (row) => row.value },
          ]),
        ]
  return [
    renderFacts({
      run: info.run_id,
      name: info.run_name,
      experiment: info.experiment_id,
      status: info.status,
      by: info.user_id,
      started: formatTime(info.start_time),
      ended: formatTime(info.end_time),
    }),
    ...pairs('parameter', data.params),
    ...(data.metrics?.length
      ? [
          '',
          renderTable(data.metrics, [{ title: 'metric', of: (row) => row.key }, ...pointColumns]),
        ]
      : []),
    ...pairs(
      'tag',
      data.tags?.map(({ key, value }) => ({ key, value: printable(value).slice(0, 200) })),
    ),
  ].join('\n')
}
