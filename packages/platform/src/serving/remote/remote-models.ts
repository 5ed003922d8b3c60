import type { LoadedModel } from '../../runtime/index.ts'
import type { RemoteClientOptions } from './remote-client.ts'
import { isGrpc, parseRemoteUri } from './remote-uri.ts'

/** A model of another server that is ready to be asked. */
export interface OpenedRemote extends LoadedModel {
  readonly newestVersion: string | undefined
}

/** What is known of a model of another server before it is asked. */
export interface RemoteDescription {
  readonly model: string
  /** The version that answers, where its name is a number; 0 otherwise. */
  readonly version: number
}

/** Models of other servers of the Open Inference Protocol over REST or gRPC, as a runtime. */
export class RemoteModels {
  readonly #options: RemoteClientOptions

  constructor(options: RemoteClientOptions) {
    this.#options = options
  }

  /** @throws INVALID_REQUEST, NOT_FOUND, UNAVAILABLE, INVALID_MODEL */
  async describe(uri: string): Promise<RemoteDescription> {
    const { model, version } = parseRemoteUri(uri, this.#options.allowPrivate)
    const opened = await this.#open(uri)
    await opened.close()
    const named = version ?? opened.newestVersion
    return { model, version: named !== undefined && /^\d{1,9}$/.test(named) ? Number(named) : 0 }
  }

  /** @throws INVALID_REQUEST, NOT_FOUND, UNAVAILABLE, INVALID_MODEL */
  load(uri: string): Promise<LoadedModel> {
    return this.#open(uri)
  }

  /** What asks other servers is loaded by the first who needs it. */
  async #open(uri: string): Promise<OpenedRemote> {
    if (isGrpc(uri)) {
      const { GrpcRemoteModel } = await import('./grpc-remote-model.ts')
      return GrpcRemoteModel.open(uri, this.#options)
    }
    const { RemoteModel } = await import('./remote-model.ts')
    return RemoteModel.open(uri, this.#options)
  }
}
