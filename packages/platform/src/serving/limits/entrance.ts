import { type EndpointSettings, type ErrorCode, isKaizenError } from '@kaizen/contracts'
import type { Clock } from '../../kernel/index.ts'
import { checkAccess } from './access.ts'
import { Admission } from './admission.ts'
import { type Caller, EndpointQuotas, type QuotaLedger } from './quotas.ts'

/** Why requests were turned away before or while they waited. */
export const refusalReasons = ['access', 'rate', 'quota', 'overload', 'timeout'] as const
export type RefusalReason = (typeof refusalReasons)[number]

export interface EntranceDeps {
  readonly clock: Clock
  readonly quotas: QuotaLedger
}

export interface Entering {
  readonly caller: Caller | undefined
  readonly timeoutMs: number | undefined
}

const reasonOf: Partial<Readonly<Record<ErrorCode, RefusalReason>>> = {
  UNAUTHENTICATED: 'access',
  FORBIDDEN: 'access',
  RATE_LIMITED: 'rate',
  OVERLOADED: 'overload',
  TIMEOUT: 'timeout',
}

/** The way into an endpoint: who may ask, how often, how many at once and for how long; what is turned away is counted. */
export class Entrance {
  readonly refusals = new Map<RefusalReason, number>()
  readonly #endpoint: string
  readonly #deps: EntranceDeps
  #access: EndpointSettings['access']
  #admission: Admission | undefined
  #quotas: EndpointQuotas | undefined

  constructor(endpoint: string, deps: EntranceDeps) {
    this.#endpoint = endpoint
    this.#deps = deps
  }

  configure({ access, limits }: EndpointSettings): void {
    this.#access = access
    this.#admission = limits && new Admission(limits)
    const { quotas = [] } = limits ?? {}
    this.#quotas =
      quotas.length > 0 ? new EndpointQuotas(this.#endpoint, quotas, this.#deps.quotas) : undefined
  }

  /** @throws UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED, OVERLOADED, TIMEOUT */
  async run<T extends { readonly rows: number }>(
    { caller, timeoutMs }: Entering,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      checkAccess(this.#endpoint, this.#access, caller?.actor)
      if (!this.#admission && timeoutMs === undefined) return await work()
      const countRows = caller && (await this.#quotas?.take(caller, this.#deps.clock.now()))
      this.#admission ??= new Admission({ maxQueue: 0, clientBurst: 1 })
      const answer = await this.#admission.run({ caller, timeoutMs }, work)
      countRows?.(answer.rows)
      return answer
    } catch (failure) {
      this.#count(failure)
      throw failure
    }
  }

  #count(failure: unknown): void {
    if (!isKaizenError(failure)) return
    const reason = failure.details?.['limit'] === 'quota' ? 'quota' : reasonOf[failure.code]
    if (reason) this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1)
  }
}
