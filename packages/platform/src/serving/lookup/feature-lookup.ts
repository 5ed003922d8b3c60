import { type EndpointFeatures, KaizenError, type ModelSignature } from '@kaizen/contracts'
import type { Asked, Found, LookUp } from '../../features/index.ts'
import type { Clock } from '../../kernel/index.ts'
import type { InputRules } from '../limits/input-rules.ts'
import type { BoundInputs } from '../wire/bind.ts'
import { type Filling, fill, fillingOf, keysIn } from './filling.ts'

/** Where features come from: the online store. */
export interface FeatureSource {
  /** @throws NOT_FOUND, INVALID_REQUEST */
  plan(asked: Asked): Promise<LookUp>
  read(
    plan: LookUp,
    given: ReadonlyMap<string, readonly (string | number | boolean)[]>,
    nowUs: number,
  ): Promise<readonly (readonly Found[])[]>
}

/** A request that is not yet held against a model. */
export interface Bindable {
  readonly names?: (() => ReadonlySet<string>) | undefined
  readonly bind: (signature: ModelSignature, rules?: InputRules) => BoundInputs
}

const nothing: ReadonlySet<string> = new Set()

/** Fills inputs of an endpoint's models with features of the entities that a request names. */
export class FeatureLookup {
  readonly settings: EndpointFeatures
  readonly #source: FeatureSource
  readonly #clock: Clock
  #plan: LookUp | undefined
  #fillings = new WeakMap<ModelSignature, Filling>()

  constructor(settings: EndpointFeatures, source: FeatureSource, clock: Clock) {
    this.settings = settings
    this.#source = source
    this.#clock = clock
    // Known before the first request that is too long to be read at once; what is wrong is told by requests.
    this.#planned().catch(() => undefined)
  }

  /** What a request has to bring for a model. */
  requestOf(signature: ModelSignature): ModelSignature {
    return this.#plan ? this.#fillingOf(signature, this.#plan, nothing).request : signature
  }

  /**
   * A call whose inputs are complete, whichever arm it is bound for: entities are looked up once.
   * @throws INVALID_TENSOR, INVALID_REQUEST, UNAVAILABLE where the features are not there
   */
  async complete<Call extends Bindable>(
    call: Call,
    first: ModelSignature,
    rules: InputRules | undefined,
  ): Promise<Call> {
    const plan = await this.#planned()
    const brought = this.settings.given === 'use' ? (call.names?.() ?? nothing) : nothing
    const filling = this.#fillingOf(first, plan, brought)
    const bound = call.bind(filling.request, rules)
    const found = await this.#source.read(plan, keysIn(plan, bound), this.#clock.now() * 1000)
    const { missing } = this.settings
    return {
      ...call,
      bind: (signature, given) => {
        const own = signature === first ? filling : this.#fillingOf(signature, plan, brought)
        const inputs = own === filling ? bound : call.bind(own.request, given)
        return fill(
          signature,
          { filling: own, plan, bound: inputs, found },
          { rules: given, missing },
        )
      },
    }
  }

  async #planned(): Promise<LookUp> {
    const { features, service } = this.settings
    const plan = await this.#source.plan({ features, service }).catch((failure: unknown) => {
      if (!(failure instanceof KaizenError)) throw failure
      throw new KaizenError(
        'UNAVAILABLE',
        `the features of the endpoint cannot be looked up: ${failure.message}`,
        { hint: 'Define them, or change the settings of the endpoint.', cause: failure },
      )
    })
    if (plan !== this.#plan) {
      this.#plan = plan
      this.#fillings = new WeakMap()
    }
    return plan
  }

  #fillingOf(signature: ModelSignature, plan: LookUp, brought: ReadonlySet<string>): Filling {
    if (brought.size > 0 || plan !== this.#plan) return fillingOf(signature, plan, brought)
    let filling = this.#fillings.get(signature)
    if (!filling) {
      filling = fillingOf(signature, plan, brought)
      this.#fillings.set(signature, filling)
    }
    return filling
  }
}
