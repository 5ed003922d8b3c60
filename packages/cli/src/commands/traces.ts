import { type MlflowTrace, type MlflowTraceInfo, mlflowTracesApi } from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { experimentIds, told } from '../mlflow-calls.ts'
import { repeatable, wholeNumber } from '../option-values.ts'
import { formatTime, print, printable, renderFacts, renderTable } from '../render.ts'

const mostTraces = 500

/** `kaizen traces`: what applications did for each request, span by span. */
export const tracesCommand = (): Command =>
  new Command('traces')
    .description('Traces: requests of applications, span by span.')
    .addCommand(listCommand())
    .addCommand(showCommand())

interface ListFlags {
  readonly experiment: readonly string[]
  readonly filter?: string
  readonly orderBy: readonly string[]
  readonly limit: number
}

const listCommand = (): Command =>
  apiCommand(
    'list',
    'List traces, newest first.',
    `kaizen traces list --filter "status = 'ERROR' AND span.type = 'LLM'"`,
  )
    .option(
      '--experiment <name>',
      'of this experiment; repeatable, all unless told',
      repeatable,
      [],
    )
    .option('--filter <filter>', "MLflow's search syntax for traces")
    .option('--order-by <clause>', "for example 'execution_time DESC'; repeatable", repeatable, [])
    .option('--limit <number>', 'how many', wholeNumber(1, mostTraces), 50)
    .action(async (flags: ListFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const ids = await told(experimentIds(client, flags.experiment))
      const { traces = [] } = await told(
        client.call(mlflowTracesApi.search, {
          body: {
            locations: ids.map((id) => ({
              type: 'MLFLOW_EXPERIMENT',
              mlflow_experiment: { experiment_id: id },
            })),
            max_results: flags.limit,
            order_by: flags.orderBy,
            ...given('filter', flags.filter),
          },
        }),
      )
      print(json, traces, () =>
        traces.length === 0
          ? 'No traces. Point an MLflow client at this server, or an exporter of OpenTelemetry at /v1/traces.'
          : renderTable(traces, [
              { title: 'trace', of: (trace) => trace.trace_id },
              { title: 'name', of: (trace) => short(trace.tags?.['mlflow.traceName'] ?? '', 30) },
              { title: 'state', of: (trace) => trace.state },
              { title: 'started', of: (trace) => formatTime(Date.parse(trace.request_time)) },
              { title: 'took', of: (trace) => trace.execution_duration ?? '–', right: true },
              { title: 'request', of: (trace) => short(trace.request_preview ?? '', 60) },
            ]),
      )
    })

const showCommand = (): Command =>
  apiCommand(
    'show',
    'Show a trace: its spans as a tree, and what was said of it.',
    'kaizen traces show tr-4f1c2a9e0b7d4c55a3e8f6d21b90c7aa',
  )
    .argument('<trace>', 'id of the trace')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { trace } = await told(client.call(mlflowTracesApi.get, { query: { trace_id: id } }))
      print(json, trace, () => describe(trace))
    })

const short = (text: string, length: number): string => printable(text).slice(0, length)

function describe({ trace_info: info, spans = [] }: MlflowTrace): string {
  return [
    renderFacts({
      trace: info.trace_id,
      name: short(info.tags?.['mlflow.traceName'] ?? '', 200),
      experiment: info.trace_location.mlflow_experiment.experiment_id,
      state: info.state,
      started: formatTime(Date.parse(info.request_time)),
      took: info.execution_duration ?? '–',
      request: short(info.request_preview ?? '', 500),
      response: short(info.response_preview ?? '', 500),
    }),
    ...(spans.length === 0 ? [] : ['', spanTable(spans)]),
    ...assessed(info),
  ].join('\n')
}

type Span = NonNullable<MlflowTrace['spans']>[number]

interface Line {
  readonly span: Span
  readonly depth: number
}

/** Spans come in the order in which they began, so a parent comes before its children. */
function spanTable(spans: readonly Span[]): string {
  const depths = new Map<string, number>()
  const lines = spans.map((span): Line => {
    const depth = (depths.get(String(span['parent_span_id'] ?? '')) ?? -1) + 1
    depths.set(String(span['span_id']), depth)
    return { span, depth }
  })
  return renderTable(lines, [
    {
      title: 'span',
      of: ({ span, depth }) => `${'  '.repeat(depth)}${short(String(span['name'] ?? ''), 60)}`,
    },
    { title: 'status', of: ({ span }) => statusOf(span) },
    { title: 'took', of: ({ span }) => tookOf(span), right: true },
  ])
}

function statusOf(span: Span): string {
  const { code = '' } = (span['status'] ?? {}) as { readonly code?: string }
  return code.replace('STATUS_CODE_', '').toLowerCase() || 'unset'
}

function tookOf(span: Span): string {
  const nanos = (field: string): bigint => BigInt(String(span[field] ?? '0'))
  const end = nanos('end_time_unix_nano')
  if (end === 0n) return 'running'
  return `${(Number(end - nanos('start_time_unix_nano')) / 1e6).toFixed(1)} ms`
}

function assessed({ assessments = [] }: MlflowTraceInfo): readonly string[] {
  if (assessments.length === 0) return []
  return [
    '',
    renderTable(assessments, [
      { title: 'assessment', of: (one) => one.assessment_name },
      {
        title: 'value',
        of: (one) => short(JSON.stringify(one.feedback ?? one.expectation ?? one.issue), 80),
      },
      { title: 'by', of: (one) => `${one.source.source_type} ${short(one.source.source_id, 40)}` },
      { title: 'valid', of: (one) => (one.valid ? 'yes' : 'no') },
    ]),
  ]
}
