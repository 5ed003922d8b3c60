import { readFile } from 'node:fs/promises'
import {
  type BanditView,
  type Comparison,
  experimentsApi,
  KaizenError,
  type RewardSpec,
  type RouterSpec,
} from '@kaizen/contracts'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { print, renderFacts, renderTable } from '../render.ts'

/** `kaizen endpoints compare`, `bandit` and `off-policy`: what traffic has shown of the arms. */
export const experimentCommands = (): readonly Command[] => [
  compareCommand(),
  banditCommand(),
  offPolicyCommand(),
]

const compareCommand = (): Command =>
  apiCommand(
    'compare',
    'Compare the live arms of an endpoint with the baseline, by tests that may be looked at any time.',
    'kaizen endpoints compare fraud --baseline champion',
  )
    .argument('<name>', 'the endpoint')
    .option('--baseline <arm>', "the arm to compare with; the router's, or the first")
    .action(async (name: string, flags: { baseline?: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const result = await client.call(experimentsApi.comparison, {
        params: { name },
        query: given('baseline', flags.baseline),
      })
      print(json, result, () => describeComparison(result))
    })

const banditCommand = (): Command =>
  apiCommand(
    'bandit',
    'Show what the bandit of an endpoint has learnt.',
    'kaizen endpoints bandit offers',
  )
    .argument('<name>', 'the endpoint')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const view = await client.call(experimentsApi.bandit, { params: { name } })
      print(json, view, () => describeBandit(view))
    })

const offPolicyCommand = (): Command =>
  apiCommand(
    'off-policy',
    'Estimate the reward of a policy that never ran, from what has been logged.',
    'kaizen endpoints off-policy offers --shares a=0.2,b=0.8',
  )
    .argument('<name>', 'the endpoint')
    .option('--shares <arms>', 'fixed shares: ARM=SHARE,…')
    .option('--linear <features>', 'the best arm by a linear model of these inputs: NAME,…')
    .option('--reward <kind>', 'value, correct or absolute_error', 'value')
    .action(
      async (
        name: string,
        flags: { shares?: string; linear?: string; reward: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const view = await client.call(experimentsApi.offPolicy, {
          params: { name },
          body: { reward: parseReward(flags.reward), policy: parsePolicy(flags) },
        })
        print(json, view, () =>
          [
            renderFacts({
              decisions: view.decisions,
              'observed reward': view.observed,
              'effective sample size': view.effectiveSampleSize,
              'largest weight': view.largestWeight,
            }),
            '',
            renderTable(
              (['ips', 'snips', 'doublyRobust'] as const).map((kind) => ({ kind, ...view[kind] })),
              [
                { title: 'estimator', of: (row) => row.kind },
                { title: 'reward', of: (row) => row.value, right: true },
                { title: 'from', of: (row) => row.lower, right: true },
                { title: 'to', of: (row) => row.upper, right: true },
              ],
            ),
          ].join('\n'),
        )
      },
    )

function parsePolicy(flags: { readonly shares?: string; readonly linear?: string }) {
  if ((flags.shares === undefined) === (flags.linear === undefined)) {
    throw new KaizenError('INVALID_REQUEST', 'give either --shares or --linear')
  }
  if (flags.linear !== undefined) {
    return { kind: 'linear' as const, features: flags.linear.split(',') }
  }
  const shares: Record<string, number> = {}
  for (const part of (flags.shares ?? '').split(',')) {
    const [arm, share] = part.split('=')
    if (!arm || share === undefined || !Number.isFinite(Number(share))) {
      throw new KaizenError('INVALID_REQUEST', `--shares: "${part}" is not ARM=SHARE`)
    }
    shares[arm] = Number(share)
  }
  return { kind: 'shares' as const, shares }
}

export function parseReward(kind: string): RewardSpec {
  if (kind === 'value') return { kind, goal: 'maximise' }
  if (kind === 'correct' || kind === 'absolute_error') return { kind }
  throw new KaizenError('INVALID_REQUEST', `--reward: "${kind}" is not known`, {
    hint: 'Write value, correct or absolute_error.',
  })
}

/** A router as JSON; the server checks what it says. */
export const readRouter = async (text: string): Promise<RouterSpec> =>
  (await readJson('--router', text)) as RouterSpec

/** JSON as it stands, or from the file named after `@`. */
export async function readJson(what: string, text: string): Promise<unknown> {
  const source = text.startsWith('@')
    ? await readFile(text.slice(1), 'utf8').catch((cause: unknown) => {
        throw new KaizenError('INVALID_REQUEST', `${what}: ${text.slice(1)} cannot be read`, {
          cause,
        })
      })
    : text
  try {
    return JSON.parse(source) as unknown
  } catch (cause) {
    throw new KaizenError('INVALID_REQUEST', `${what}: this is no JSON`, {
      hint: 'Put it into single quotes, or into a file: @FILE.',
      cause,
    })
  }
}

function describeComparison(result: Comparison): string {
  const contrasts = new Map(result.contrasts.map((contrast) => [contrast.arm, contrast]))
  const arms = renderTable(result.arms, [
    { title: 'arm', of: (row) => row.arm },
    { title: 'model', of: (row) => `${row.model}/${row.version}` },
    { title: 'units', of: (row) => row.units, right: true },
    { title: 'rewarded', of: (row) => row.rewarded, right: true },
    { title: 'mean reward', of: (row) => row.meanReward, right: true },
    { title: 'difference', of: (row) => contrasts.get(row.arm)?.difference ?? null, right: true },
    { title: 'from', of: (row) => contrasts.get(row.arm)?.lower ?? null, right: true },
    { title: 'to', of: (row) => contrasts.get(row.arm)?.upper ?? null, right: true },
    {
      title: 'verdict',
      of: (row) => contrasts.get(row.arm)?.verdict ?? 'baseline',
    },
  ])
  const { sampleRatio } = result
  if (!sampleRatio?.mismatch) return arms
  return `${arms}\n\nThe split is not the one asked for (p = ${sampleRatio.pValue.toExponential(1)}): find out why before you trust this.`
}

const describeBandit = (view: BanditView): string =>
  [
    renderTable(view.arms, [
      { title: 'arm', of: (row) => row.arm },
      { title: 'version', of: (row) => row.version, right: true },
      { title: 'rewards', of: (row) => row.rewards, right: true },
      { title: 'mean reward', of: (row) => row.meanReward, right: true },
      { title: 'from', of: (row) => row.lower, right: true },
      { title: 'to', of: (row) => row.upper, right: true },
      { title: 'share', of: (row) => row.share, right: true },
    ]),
    '',
    renderFacts({ regret: view.regret }),
  ].join('\n')
