import type { Route } from '@kaizen/contracts'
import { isEnsemble } from '../ensembles/ensemble-uri.ts'
import type { EnsembleService } from '../ensembles/ensembles.service.ts'
import type { ModelSource } from '../model.ts'
import type { ModelIdentity } from '../model-identities.ts'
import type { ModelPool } from '../model-pool.ts'
import { isRemote } from '../remote/remote-uri.ts'
import type { ResolvedArm } from './endpoints.store.ts'
import { ServingArm } from './serving-arm.ts'

export interface ArmLoaderDeps {
  readonly models: ModelSource
  readonly pool: ModelPool
  readonly ensembles: Pick<EnsembleService, 'membersOf'>
  readonly identify: (uri: string) => Promise<ModelIdentity>
}

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
  async open(resolved: readonly ResolvedArm[]): Promise<readonly ServingArm[]> {
    await Promise.all(resolved.map((arm) => this.#admit(arm)))
    const leases = await Promise.allSettled(
      resolved.map(({ digest }) => this.#deps.pool.lease(digest)),
    )
    const failed = leases.find((lease) => lease.status === 'rejected')
    if (failed) {
      const held = leases.filter((lease) => lease.status === 'fulfilled')
      await Promise.all(held.map(({ value }) => value.release()))
      throw failed.reason
    }
    return resolved.map((arm, i) => {
      const lease = leases[i] as PromiseFulfilledResult<Awaited<ReturnType<ModelPool['lease']>>>
      return new ServingArm(arm, lease.value)
    })
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
