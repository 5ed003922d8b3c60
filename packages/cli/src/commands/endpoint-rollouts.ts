import { KaizenError, type RolloutView, rolloutsApi } from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { finiteNumber, positiveNumber } from '../option-values.ts'
import { formatTime, print, renderFacts, renderTable } from '../render.ts'
import { parseReward } from './endpoint-experiments.ts'

/** `kaizen endpoints rollout`: a candidate takes more traffic in steps, or is taken back. */
export function rolloutCommand(): Command {
  const command = new Command('rollout')
    .description('Roll a candidate out in steps, with guardrails.')
    .addCommand(startCommand())
    .addCommand(showCommand())
  for (const [action, description] of actions) command.addCommand(actCommand(action, description))
  return command
}

const actions = [
  ['pause', 'Stop moving forward; guardrails go on.'],
  ['resume', 'Move forward again.'],
  ['skip', 'Go to the next step now.'],
  ['promote', 'Give the candidate all traffic now.'],
  ['rollback', 'Go back to the route from before, also after a promotion.'],
] as const

interface StartFlags {
  readonly model: string
  readonly steps: string
  readonly reason: string
  readonly maxErrorRate: number
  readonly maxP99?: number
  readonly maxDrift?: number
  readonly metric?: string
  readonly margin: number
  readonly promoteEarly?: boolean
  readonly dryRun?: boolean
}

const startCommand = (): Command =>
  apiCommand(
    'start',
    'Start a rollout.',
    'kaizen endpoints rollout start fraud --model models:/fraud/4 --steps 0.05:10m:500,0.5:1h:5000 --reason "try 4"',
  )
    .argument('<name>', 'the endpoint')
    .requiredOption(
      '--model <uri>',
      'the candidate: models:/NAME/VERSION, models:/NAME@ALIAS, ensembles:/NAME or https://HOST/v2/models/NAME',
    )
    .requiredOption('--steps <steps>', 'WEIGHT:DURATION:SAMPLES,…; the last one promotes')
    .requiredOption('--reason <text>', 'why; stands in the audit log')
    .option('--max-error-rate <share>', 'share of requests that may fail', finiteNumber, 0.05)
    .option('--max-p99 <ms>', '99 of 100 answers take at most this long', positiveNumber)
    .option(
      '--max-drift <psi>',
      'population stability index of answers, 0.2 being notable',
      positiveNumber,
    )
    .option(
      '--metric <kind>',
      'what ground truth must not show to be worse: value, correct, absolute_error',
    )
    .option('--margin <amount>', 'by how much the metric may be worse', finiteNumber, 0)
    .option('--promote-early', 'promote as soon as the metric is better for certain')
    .option('--dry-run', 'judge and record, but let the candidate only watch')
    .action(async (name: string, flags: StartFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const view = await client.call(rolloutsApi.start, {
        params: { name },
        body: {
          model: flags.model,
          steps: flags.steps.split(',').map(parseStep),
          reason: flags.reason,
          promoteEarly: flags.promoteEarly ?? false,
          dryRun: flags.dryRun ?? false,
          guardrails: {
            maxErrorRate: flags.maxErrorRate,
            ...given('maxP99Ms', flags.maxP99),
            ...given('maxPredictionDrift', flags.maxDrift),
            ...(flags.metric === undefined
              ? {}
              : { metric: { reward: parseReward(flags.metric), margin: flags.margin } }),
          },
        },
      })
      print(json, view, () => describe(view))
    })

/** `0.05:10m:500` as a step; duration and samples may be left out. */
export function parseStep(text: string): {
  readonly weight: number
  readonly duration?: string
  readonly minSamples?: number
} {
  const [weight, duration, samples, ...rest] = text.split(':')
  const share = Number(weight || 'NaN')
  const count = samples === undefined ? undefined : Number(samples || 'NaN')
  if (!Number.isFinite(share) || Number.isNaN(count) || rest.length > 0) {
    throw new KaizenError('INVALID_REQUEST', `--steps: "${text}" is not WEIGHT:DURATION:SAMPLES`, {
      hint: 'Write for example 0.05:10m:500,0.5:1h:5000.',
    })
  }
  return {
    weight: share,
    ...given('duration', duration),
    ...given('minSamples', count),
  }
}

const showCommand = (): Command =>
  apiCommand(
    'show',
    'Show the newest rollout of an endpoint, its checks and decisions.',
    'kaizen endpoints rollout show fraud',
  )
    .argument('<name>', 'the endpoint')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const view = await newest(client, name)
      print(json, view, () => describe(view))
    })

const actCommand = (action: (typeof actions)[number][0], description: string): Command =>
  apiCommand(action, description, `kaizen endpoints rollout ${action} fraud --reason "…"`)
    .argument('<name>', 'the endpoint')
    .option('--reason <text>', 'why; stands in the audit log', '')
    .action(async (name: string, flags: { reason: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const { number } = await newest(client, name)
      const view = await client.call(rolloutsApi.act, {
        params: { name, number },
        body: { action, reason: flags.reason },
      })
      print(json, view, () => describe(view))
    })

async function newest(
  client: ReturnType<typeof contextOf>['client'],
  name: string,
): Promise<RolloutView> {
  const { items } = await client.call(rolloutsApi.list, { params: { name }, query: { limit: 1 } })
  const [view] = items
  if (view) return view
  throw new KaizenError('NOT_FOUND', `"${name}" has had no rollout yet`, {
    hint: `Start one: kaizen endpoints rollout start ${name} --model … --steps 0.05:10m:500 --reason …`,
  })
}

function describe(view: RolloutView): string {
  const { spec, step } = view
  const facts = renderFacts({
    rollout: view.number,
    state: view.state.replace('_', ' ') + (spec.dryRun ? ' (dry run)' : ''),
    candidate: `${view.candidate.model}/${view.candidate.version}`,
    baseline: `${view.baseline.model}/${view.baseline.version}`,
    step: `${step + 1} of ${spec.steps.length}: ${spec.steps[step]?.weight} for ${spec.steps[step]?.duration}`,
    samples: `${view.samples} of ${spec.steps[step]?.minSamples}`,
  })
  const checks = renderTable(view.checks, [
    { title: 'check', of: (row) => row.name.replace('_', ' ') },
    { title: 'status', of: (row) => row.status },
    { title: 'numbers', of: (row) => row.text },
  ])
  const decisions = renderTable(view.decisions, [
    { title: 'at', of: (row) => formatTime(row.at) },
    { title: 'decision', of: (row) => row.kind.replace('_', ' ') },
    { title: 'by', of: (row) => row.actor },
    { title: 'reason', of: (row) => row.reason },
  ])
  return [facts, ...(view.checks.length > 0 ? [checks] : []), decisions].join('\n\n')
}
