import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import {
  allocate,
  type Datatype,
  type LoadedModel,
  type ModelRuntime,
  type Tensor,
} from '../runtime/index.ts'
import type { BlobStore } from '../storage/index.ts'
import type { ModelLease } from './endpoints/model-lease.ts'
import { isEnsemble } from './ensembles/ensemble-uri.ts'
import type { RemoteModels } from './remote/remote-models.ts'
import { isRemote } from './remote/remote-uri.ts'

interface Shared {
  readonly model: Promise<LoadedModel>
  leases: number
}

/** Loaded models by digest: arms and endpoints that serve the same content share one. */
export class ModelPool {
  readonly #runtime: ModelRuntime
  readonly #blobs: Pick<BlobStore, 'localPath'>
  readonly #remote: RemoteModels | undefined
  readonly #composed: ((uri: string) => Promise<LoadedModel>) | undefined
  readonly #shared = new Map<string, Shared>()

  /** `composed` loads ensembles, whose models come from this pool in turn. */
  constructor(
    runtime: ModelRuntime,
    blobs: Pick<BlobStore, 'localPath'>,
    others: {
      readonly remote?: RemoteModels
      readonly composed?: (uri: string) => Promise<LoadedModel>
    } = {},
  ) {
    this.#remote = others.remote
    this.#composed = others.composed
    this.#runtime = runtime
    this.#blobs = blobs
  }

  /** Loads and warms a model, or shares it if it is loaded. @throws NOT_FOUND, INVALID_MODEL */
  async lease(digest: string): Promise<ModelLease> {
    let shared = this.#shared.get(digest)
    if (!shared) {
      shared = { model: this.#load(digest), leases: 0 }
      this.#shared.set(digest, shared)
    }
    const kept = shared
    kept.leases++
    const release = async (): Promise<void> => {
      kept.leases--
      if (kept.leases > 0) return
      if (this.#shared.get(digest) === kept) this.#shared.delete(digest)
      await kept.model.then((model) => model.close()).catch(() => undefined)
    }
    try {
      const path = (): Promise<string> => this.#blobs.localPath(digest)
      return { model: await kept.model, path, release }
    } catch (failure) {
      await release()
      throw failure
    }
  }

  async #load(digest: string): Promise<LoadedModel> {
    // A model of another server has no content here; it is warm, or it is not ready.
    if (this.#remote && isRemote(digest)) return this.#remote.load(digest)
    const model =
      this.#composed && isEnsemble(digest)
        ? await this.#composed(digest)
        : await this.#runtime.load(await this.#blobs.localPath(digest))
    try {
      await warmUp(model)
      return model
    } catch (failure) {
      await model.close()
      throw failure
    }
  }
}

const warmUpRuns = 8
const unfit: ReadonlySet<string> = new Set(['TIMEOUT', 'UNAVAILABLE'])

/** Runs a model on zeros, so that the first caller does not pay for what is prepared on first use. */
async function warmUp(model: LoadedModel): Promise<void> {
  const inputs = zerosOf(model.signature)
  const runs = Array.from({ length: warmUpRuns }, () => model.run(inputs))
  for (const outcome of await Promise.allSettled(runs)) {
    // Zeros may be no valid input of a model; that it cannot answer in time or at all is another matter.
    const { reason } = outcome as { readonly reason?: unknown }
    if (reason instanceof KaizenError && unfit.has(reason.code)) throw reason
  }
}

function zerosOf(signature: ModelSignature): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {}
  for (const { name, datatype: named, shape: spec } of signature.inputs) {
    const shape = spec.map((size) => (size === -1 ? 1 : size))
    const datatype = named as Datatype
    const count = shape.reduce((product, size) => product * size, 1)
    tensors[name] = { datatype, shape, data: allocate(datatype, count) }
  }
  return tensors
}
