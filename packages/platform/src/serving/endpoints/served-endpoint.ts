import type { ModelSignature } from '@kaizen/contracts'
import type { Clock } from '../../kernel/index.ts'
import type { InputRules } from '../limits/input-rules.ts'
import { InferenceTally } from '../traffic/inference-tally.ts'
import { tallied } from '../traffic/tallied.ts'
import { runtimeOf } from './endpoint-view.ts'
import type { LiveEndpoint, PredictionAnswer, PredictionCall } from './live-endpoint.ts'
import type { IndexEntry, Served, VersionStatistics } from './served.ts'

/** An endpoint as protocols see it: its versions are those that its arms serve. */
export class ServedEndpoint implements Served {
  readonly #live: LiveEndpoint
  readonly #clock: Clock
  readonly #tallies = new Map<number, InferenceTally>()

  constructor(live: LiveEndpoint, clock: Clock) {
    this.#live = live
    this.#clock = clock
  }

  get name(): string {
    return this.#live.name
  }

  get platform(): string {
    return this.#live.arms[0]?.platform ?? 'onnx_onnxv1'
  }

  get backend(): string {
    const [arm] = this.#live.arms
    return arm ? runtimeOf(arm.runtime, this.#live.settings) : 'onnxruntime'
  }

  get versions(): readonly string[] {
    return [...new Set(this.#live.arms.map(({ version }) => String(version)))]
  }

  get maxBodyBytes(): number | undefined {
    return this.#live.settings.limits?.maxRequestBytes
  }

  /** Of an endpoint that sleeps: whether models are in memory. A sleeping model is ready: it answers the next request. */
  get properties(): Readonly<Record<string, string>> | undefined {
    const { arms, settings } = this.#live
    if (!settings.sleep) return undefined
    return Object.fromEntries(arms.map(({ name, memory }) => [`kaizen_memory_${name}`, memory]))
  }

  get takesMore(): boolean {
    return this.#live.settings.features?.given === 'use'
  }

  get inputRules(): InputRules | undefined {
    return this.#live.inputRules
  }

  signature(version: number | undefined): ModelSignature {
    return this.#live.requestOf(this.#live.armFor(version).signature)
  }

  predict(call: PredictionCall): Promise<PredictionAnswer> {
    return tallied(call, {
      clock: this.#clock,
      predict: (timed) => this.#live.predict(timed),
      tallyOf: (version) => this.#tallyOf(version),
    })
  }

  index(): readonly IndexEntry[] {
    const { name, arms, failure } = this.#live
    if (arms.length === 0) {
      const reason = failure?.message ?? 'no model is deployed'
      return [{ name, version: '', state: 'UNAVAILABLE', reason }]
    }
    const asleep = arms.filter(({ memory }) => memory === 'unloaded')
    return this.versions.map((version) => ({
      name,
      version,
      state: 'READY',
      reason: asleep.some((arm) => String(arm.version) === version)
        ? 'asleep: the next request loads it'
        : '',
    }))
  }

  statistics(): readonly VersionStatistics[] {
    return this.versions.map((version) => ({
      ...this.#tallyOf(Number(version)).numbers(),
      name: this.name,
      version,
    }))
  }

  /** Requests that name no version of this endpoint count for the one that answers unnamed. */
  #tallyOf(version: number | undefined): InferenceTally {
    const { arms } = this.#live
    const arm =
      arms.find((candidate) => candidate.version === version) ??
      arms.find(({ mode }) => mode === 'live')
    const counted = arm?.version ?? 0
    let tally = this.#tallies.get(counted)
    if (!tally) {
      tally = new InferenceTally()
      this.#tallies.set(counted, tally)
    }
    return tally
  }
}
