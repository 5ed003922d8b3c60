import type { BanditRouter } from '@kaizen/contracts'
import {
  type ArmRewards,
  type LinearRewards,
  NO_REWARDS,
  noLinearRewards,
  withLinearReward,
  withReward,
} from '@kaizen/ml/bandits'
import type { ResolvedArm } from '../endpoints/endpoints.store.ts'
import type { BlockRow } from '../log/block.ts'
import type { Learnt } from '../routing/compile.ts'
import type { BanditArmRow } from './bandits.store.ts'
import { loggedContext } from './reward.ts'

interface ArmKey {
  readonly arm: string
  readonly model: string
  readonly version: number
}
const textOf = ({ arm, model, version }: ArmKey): string => JSON.stringify([arm, model, version])

/** What one arm has earned, as it is stored. */
export class LedgerArm {
  readonly key: ArmKey
  rewards: ArmRewards = NO_REWARDS
  linear: LinearRewards

  constructor(key: ArmKey, dimension: number, text?: string) {
    this.key = key
    this.linear = noLinearRewards(dimension)
    if (text === undefined) return
    const { linear, ...rewards } = JSON.parse(text) as ArmRewards & {
      readonly linear?: { readonly gram: readonly number[]; readonly target: readonly number[] }
    }
    this.rewards = rewards
    if (!linear) return
    this.linear = {
      count: rewards.count,
      sumSquares: rewards.sumSquares,
      gram: Float64Array.from(linear.gram),
      target: Float64Array.from(linear.target),
    }
  }

  text(): string {
    const { gram, target } = this.linear
    if (gram.length <= 1) return JSON.stringify(this.rewards)
    return JSON.stringify({
      ...this.rewards,
      linear: { gram: Array.from(gram), target: Array.from(target) },
    })
  }
}

/** Rewards of the arms of one bandit. */
export class Ledger {
  readonly #spec: BanditRouter
  readonly #arms = new Map<string, LedgerArm>()
  readonly #changed = new Set<LedgerArm>()

  constructor(spec: BanditRouter, rows: readonly BanditArmRow[]) {
    this.#spec = spec
    for (const { arm, model, version, rewards } of rows) {
      const key = { arm, model, version: Number(version) }
      this.#arms.set(textOf(key), new LedgerArm(key, this.#dimension, rewards))
    }
  }

  get changed(): ReadonlySet<LedgerArm> {
    return this.#changed
  }

  get #dimension(): number {
    return this.#spec.features.length + 1
  }

  /** Adds a reward of the arm that answered a row, or takes one back; false where it cannot be learnt. */
  add(row: BlockRow, reward: number, times: 1 | -1): boolean {
    const { arm, model, version } = row.rows.schema
    const { model: kind, features } = this.#spec
    if (kind === 'beta' && (reward < 0 || reward > 1)) return false
    const context = kind === 'linear' ? loggedContext(row, features) : undefined
    if (kind === 'linear' && !context) return false
    const entry = this.#arm({ arm, model, version })
    entry.rewards = withReward(entry.rewards, reward, times)
    if (context) entry.linear = withLinearReward(entry.linear, { context, reward }, times)
    this.#changed.add(entry)
    return true
  }

  /** What is known of live arms, in their order. */
  learnt(arms: readonly ResolvedArm[]): Learnt {
    const entries = arms.map(({ name, modelName, version }) =>
      this.#arm({ arm: name, model: modelName, version }),
    )
    return {
      arms: entries.map(({ rewards }) => rewards),
      linear: entries.map(({ linear }) => linear),
    }
  }

  #arm(key: ArmKey): LedgerArm {
    const text = textOf(key)
    let entry = this.#arms.get(text)
    if (!entry) {
      entry = new LedgerArm(key, this.#dimension)
      this.#arms.set(text, entry)
    }
    return entry
  }
}
