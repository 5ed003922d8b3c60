import { KaizenError, type Route } from '@kaizen/contracts'
import type { ResolvedArm } from './endpoints.store.ts'
import type { ModelSource } from './model.ts'
import type { ModelPool } from './model-pool.ts'
import type { RemoteModels } from './remote/remote-model.ts'
import { isRemote } from './remote/remote-uri.ts'
import { ServingArm } from './serving-arm.ts'

/** Makes the arms of a route ready to answer. */
export class ArmLoader {
  readonly #models: ModelSource
  readonly #pool: ModelPool
  readonly #remote: RemoteModels

  constructor(models: ModelSource, pool: ModelPool, remote: RemoteModels) {
    this.#remote = remote
    this.#models = models
    this.#pool = pool
  }

  /** The versions that arms stand for now. @throws NOT_FOUND, UNSUPPORTED */
  resolve(arms: Route['arms']): Promise<readonly ResolvedArm[]> {
    return Promise.all(arms.map((arm) => this.#resolve(arm)))
  }

  /** Loads and warms every arm, or none. @throws FORBIDDEN, NOT_FOUND, INVALID_MODEL */
  async open(resolved: readonly ResolvedArm[]): Promise<readonly ServingArm[]> {
    await Promise.all(
      resolved
        .filter(({ model }) => !isRemote(model))
        .map(({ modelName: name, version, digest }) =>
          this.#models.admit({ name, version, digest }),
        ),
    )
    const leases = await Promise.allSettled(resolved.map(({ digest }) => this.#pool.lease(digest)))
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

  async #resolve(arm: Route['arms'][number]): Promise<ResolvedArm> {
    if (isRemote(arm.model)) {
      const { model: modelName, version } = await this.#remote.describe(arm.model)
      return { ...arm, modelName, version, digest: arm.model }
    }
    const view = await this.#models.resolve(arm.model)
    const digest = view.modelDigest ?? (await this.#models.folderOf?.(view))
    if (digest === undefined) {
      throw new KaizenError(
        'UNSUPPORTED',
        `the version behind ${arm.model} holds no ONNX model and no model for Python`,
        {
          hint: 'Register an ONNX file: kaizen models upload NAME model.onnx, or log the model with MLflow as a pyfunc.',
        },
      )
    }
    return { ...arm, modelName: view.name, version: view.version, digest }
  }
}
