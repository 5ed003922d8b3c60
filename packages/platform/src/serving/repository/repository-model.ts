import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import type { Clock, Ids } from '../../kernel/index.ts'
import type { RanIn } from '../../runtime/index.ts'
import type { PredictionAnswer, PredictionCall } from '../endpoints/live-endpoint.ts'
import type { IndexEntry, Served, VersionStatistics } from '../endpoints/served.ts'
import type { ServingArm } from '../endpoints/serving-arm.ts'
import type { Explainer } from '../explain/explainer.ts'
import { checkAccess } from '../limits/access.ts'
import { Admission } from '../limits/admission.ts'
import { timeoutOf } from '../routing-unit.ts'
import { inParts, type Parts, type TensorPart } from '../streaming/in-parts.ts'
import { InferenceTally } from '../traffic/inference-tally.ts'
import { tallied } from '../traffic/tallied.ts'
import type { BoundInputs } from '../wire/bind.ts'
import { rowContext } from '../wire/prediction-context.ts'

/** Why versions of a folder do not answer. */
export type Refusals = ReadonlyMap<number, string>

/** A model of the repository: the versions of its folder that could be loaded; the newest answers unless one is named. */
export class RepositoryModel implements Served {
  readonly name: string
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #explainer: Explainer
  readonly #tallies = new Map<number, InferenceTally>()
  /** These models have no limits but the time that a caller gives them. */
  readonly #admission = new Admission({ maxQueue: 0, clientBurst: 1 })
  #arms: ReadonlyMap<number, ServingArm> = new Map()
  #refusals: Refusals = new Map()

  constructor(
    name: string,
    deps: { readonly clock: Clock; readonly ids: Ids; readonly explainer: Explainer },
  ) {
    this.name = name
    this.#clock = deps.clock
    this.#ids = deps.ids
    this.#explainer = deps.explainer
  }

  /** Versions that answer, by number. */
  get arms(): ReadonlyMap<number, ServingArm> {
    return this.#arms
  }

  /** Of the version that answers unnamed. */
  get platform(): string {
    return this.#arms.get(Math.max(...this.#arms.keys()))?.platform ?? 'onnx_onnxv1'
  }

  get backend(): string {
    return this.#arms.get(Math.max(...this.#arms.keys()))?.runtime ?? 'onnxruntime'
  }

  get versions(): readonly string[] {
    return [...this.#arms.keys()].map(String)
  }

  /** Puts loaded versions in place of the former in one step; resolves when those have answered what was inside. */
  async swap(arms: ReadonlyMap<number, ServingArm>, refusals: Refusals): Promise<void> {
    const before = [...this.#arms.values()]
    this.#arms = arms
    this.#refusals = refusals
    await Promise.all(before.map((arm) => arm.drain()))
  }

  /** Notes why versions could not be loaded while those that answer stay. */
  refuse(refusals: Refusals): void {
    this.#refusals = refusals
  }

  signature(version: number | undefined): ModelSignature {
    return this.#arm(version).signature
  }

  predict(call: PredictionCall): Promise<PredictionAnswer> {
    return tallied(call, {
      clock: this.#clock,
      predict: (timed) => this.#inTime(timed),
      tallyOf: (version) => this.#tallyOf(version),
    })
  }

  index(): readonly IndexEntry[] {
    const versions = [...new Set([...this.#arms.keys(), ...this.#refusals.keys()])]
    if (versions.length === 0) {
      return [{ name: this.name, version: '', state: 'UNAVAILABLE', reason: 'unloaded' }]
    }
    return versions
      .sort((a, b) => a - b)
      .map((version) => ({
        name: this.name,
        version: String(version),
        state: this.#arms.has(version) ? 'READY' : 'UNAVAILABLE',
        reason: this.#refusals.get(version) ?? '',
      }))
  }

  statistics(): readonly VersionStatistics[] {
    return [...this.#arms.keys()].map((version) => ({
      ...this.#tallyOf(version).numbers(),
      name: this.name,
      version: String(version),
    }))
  }

  #inTime(call: PredictionCall): Promise<PredictionAnswer> {
    const timeoutMs = timeoutOf(call.headers)
    if (timeoutMs === undefined) return this.#predict(call)
    return this.#admission.run({ caller: undefined, timeoutMs }, () => this.#predict(call))
  }

  async #predict(call: PredictionCall): Promise<PredictionAnswer> {
    const { context, version, bind, explain } = call
    checkAccess(this.name, undefined, call.caller?.actor)
    const arm = this.#arm(version)
    const bound = bind(arm.signature)
    const id = context.id ?? context.inferenceIds?.[0] ?? this.#ids.next('inf')
    const { ids } = rowContext(context, id, bound.rows)
    arm.enter()
    try {
      const { name, version: answered, signature } = arm
      const described = { id, ids, arm: name, model: this.name, version: answered, signature }
      const parts = call.parts && {
        signal: call.parts.signal,
        take: (part: TensorPart) => call.parts!.take({ ...described, ...part }),
      }
      const answer = { ...described, ...(await this.#computed(arm, { ...bound, parts })) }
      if (!explain) return answer
      // These models keep no log, so absent features are zeros.
      const { tensors: inputs, rows } = bound
      const question = { ...explain, inputs, rows, background: undefined }
      return { ...answer, explanation: await this.#explainer.explain(arm.explained, question) }
    } finally {
      arm.leave()
    }
  }

  async #computed(
    arm: ServingArm,
    { tensors, rows, parts }: BoundInputs & { readonly parts?: Parts<TensorPart> | undefined },
  ): Promise<Pick<PredictionAnswer, 'outputs' | 'rows' | 'ran'>> {
    const startedAt = performance.now()
    let ran: RanIn | undefined
    const onRan = (run: RanIn): void => {
      ran = run
    }
    try {
      const computed = parts ? inParts(arm, { tensors, rows }, parts) : arm.run(tensors, { onRan })
      const outputs = await computed
      arm.record(performance.now() - startedAt, false)
      return { outputs, rows, ran }
    } catch (failure) {
      arm.record(performance.now() - startedAt, !parts?.signal.aborted)
      throw failure
    }
  }

  #arm(version: number | undefined): ServingArm {
    const wanted = version ?? Math.max(...this.#arms.keys())
    const arm = this.#arms.get(wanted)
    if (arm) return arm
    const refusal = version === undefined ? [...this.#refusals.values()].at(-1) : undefined
    if (this.#arms.size === 0 || this.#refusals.has(wanted)) {
      const reason = this.#refusals.get(wanted) ?? refusal ?? 'it is not loaded'
      throw new KaizenError('UNAVAILABLE', `the model "${this.name}" does not answer: ${reason}`, {
        hint: `Mend its folder, then POST /v2/repository/models/${encodeURIComponent(this.name)}/load`,
      })
    }
    throw new KaizenError('NOT_FOUND', `the model "${this.name}" has no version ${wanted}`, {
      hint: `It has ${this.versions.join(', ')}.`,
    })
  }

  /** Requests that name no version of this model count for the newest. */
  #tallyOf(version: number | undefined): InferenceTally {
    const counted =
      version !== undefined && this.#arms.has(version) ? version : Math.max(0, ...this.#arms.keys())
    let tally = this.#tallies.get(counted)
    if (!tally) {
      tally = new InferenceTally()
      this.#tallies.set(counted, tally)
    }
    return tally
  }
}
