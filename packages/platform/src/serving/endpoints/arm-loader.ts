import { KaizenError, type Route } from '@kaizen/contracts'
import { isEnsemble } from '../ensembles/ensemble-uri.ts'
import type { EnsembleService } from '../ensembles/ensembles.service.ts'
import type { ModelSource } from '../model.ts'
import type { ModelIdentity } from '../model-identities.ts'
import type { ModelPool } from '../model-pool.ts'
import { isRemote } from '../remote/remote-uri.ts'
import { ArmModel } from './arm-model.ts'
import type { ResolvedArm } from './endpoints.store.ts'
import type { LiveEndpoint } from './live-endpoint.ts'
import type { ModelLease, WarmUpRequests } from './model-lease.ts'
import { ServingArm } from './serving-arm.ts'
import { warmUpRecorded } from './warm-up.ts'

export interface ArmLoaderDeps {
  readonly models: ModelSource
  readonly pool: ModelPool
  readonly ensembles: Pick<EnsembleService, 'membersOf'>
  readonly identify: (uri: string) => Promise<ModelIdentity>
}

/** What is made of a model that fails on recorded requests: a new route is refused; one that was in force goes on. */
export type OnWarmUpFailure = 'refuse' | 'serve'

const wakeDefaults = { wakeTimeoutMs: 30_000, maxWaiting: 256 }

/** Makes the arms of a route ready to answer. */
export class ArmLoader {
  readonly #deps: ArmLoaderDeps

  constructor(deps: ArmLoaderDeps) {
    this.#deps = deps
  }

  /** The versions that arms stand for now. @throws NOT_FOUND, UNSUPPORTED */
  resolve(arms: Route['arms']): Promise<readonly ResolvedArm[]> {
    return Promise.all(
      arms.map(async (arm) => {
        const { modelName, version, digest } = await this.#deps.identify(arm.model)
        return { ...arm, modelName, version, digest }
      }),
    )
  }

  /** Loads and warms every arm, or none. @throws FORBIDDEN, NOT_FOUND, INVALID_MODEL */
  async open(
    endpoint: LiveEndpoint,
    resolved: readonly ResolvedArm[],
    onFailure: OnWarmUpFailure,
  ): Promise<readonly ServingArm[]> {
    await Promise.all(resolved.map((arm) => this.#admit(arm)))
    const opened = await Promise.allSettled(
      resolved.map((arm) => this.#lease(endpoint, arm, onFailure)),
    )
    const failed = opened.find((lease) => lease.status === 'rejected')
    if (failed) {
      const held = opened.filter((lease) => lease.status === 'fulfilled')
      await Promise.all(held.map(({ value }) => value.lease.release()))
      throw failed.reason
    }
    return resolved.map((arm, i) => {
      const { lease, warmedUp } = (opened[i] as PromiseFulfilledResult<Warm>).value
      const model = new ArmModel(lease, {
        limits: () => endpoint.settings.sleep ?? wakeDefaults,
        load: async () => {
          await this.#admit(arm)
          return (await this.#lease(endpoint, arm, 'serve')).lease
        },
      })
      return new ServingArm(arm, { model, path: lease.path, warmedUp })
    })
  }

  async #lease(
    endpoint: LiveEndpoint,
    arm: ResolvedArm,
    onFailure: OnWarmUpFailure,
  ): Promise<Warm> {
    const lease = await this.#deps.pool.lease(arm.digest)
    try {
      const example = (): Promise<Buffer | undefined> => this.#exampleOf(arm)
      return { lease, warmedUp: await warmUpRecorded(lease.model, { endpoint, example }) }
    } catch (failure) {
      if (failure instanceof KaizenError && failure.kind !== 'unavailable') {
        if (onFailure === 'serve') return { lease, warmedUp: undefined }
        await lease.release()
        throw unfit(arm, failure)
      }
      await lease.release()
      throw failure
    }
  }

  async #exampleOf({ digest, modelName, version }: ResolvedArm): Promise<Buffer | undefined> {
    const { models } = this.#deps
    if (isRemote(digest) || isEnsemble(digest)) return undefined
    return models.exampleOf?.(await models.resolve(`models:/${modelName}/${version}`))
  }

  /** Versions of the registry may have to be signed, those inside of ensembles as well. @throws FORBIDDEN, NOT_FOUND */
  async #admit({ model, modelName, version, digest }: ResolvedArm): Promise<void> {
    const { models, ensembles } = this.#deps
    const served = isEnsemble(digest)
      ? await ensembles.membersOf(digest)
      : [{ model, modelName, version, digest }]
    const own = served.filter((each) => !isRemote(each.model))
    await Promise.all(
      own.map((each) =>
        models.admit({ name: each.modelName, version: each.version, digest: each.digest }),
      ),
    )
  }
}

interface Warm {
  readonly lease: ModelLease
  readonly warmedUp: WarmUpRequests | undefined
}

const unfit = ({ model }: ResolvedArm, failure: KaizenError): KaizenError =>
  new KaizenError(
    'INVALID_MODEL',
    `${model} fails on recorded requests, so it is not ready: ${failure.message}`,
    {
      hint: 'Serve a version that answers them, or take warmUp out of the settings of the endpoint.',
      cause: failure,
    },
  )
