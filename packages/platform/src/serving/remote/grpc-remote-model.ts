import { isKaizenError, KaizenError, type ModelSignature } from '@kaizen/contracts'
import { type Datatype, isDatatype, type Tensor, type Tensors } from '../../runtime/index.ts'
import { decodeContents } from '../grpc/contents.ts'
import type { InferTensorContents } from '../grpc/messages.ts'
import { decodeBinaryTensor, encodeBinaryTensor } from '../wire/tensor-binary.ts'
import { GrpcClient } from './grpc-client.ts'
import { absent, checkDatatypes, isTensorOf, modelMetadata, unusable } from './model-metadata.ts'
import type { RemoteClientOptions } from './remote-client.ts'
import type { OpenedRemote } from './remote-models.ts'
import { parseRemoteUri } from './remote-uri.ts'

interface WireTensor {
  readonly name: string
  readonly datatype: string
  /** 64-bit integers as text. */
  readonly shape: readonly string[]
}
interface WireMetadata {
  readonly name: string
  readonly versions: readonly string[]
  readonly platform: string
  readonly inputs: readonly WireTensor[]
  readonly outputs: readonly WireTensor[]
}
interface WireAnswer {
  readonly outputs: readonly (WireTensor & { readonly contents: InferTensorContents | null })[]
  readonly raw_output_contents: readonly Uint8Array[]
}

/** One model of another server, asked over gRPC; what it answers is held against what its metadata says. */
export class GrpcRemoteModel implements OpenedRemote {
  readonly signature: ModelSignature
  readonly platform: string
  readonly runtime = 'remote'
  readonly newestVersion: string | undefined
  readonly #client: GrpcClient
  readonly #model: { readonly model_name: string; readonly model_version: string }

  private constructor(
    client: GrpcClient,
    model: { readonly name: string; readonly version: string },
    metadata: { readonly signature: ModelSignature } & Pick<WireMetadata, 'platform' | 'versions'>,
  ) {
    this.#client = client
    this.#model = { model_name: model.name, model_version: model.version }
    this.signature = metadata.signature
    this.platform = metadata.platform || 'remote'
    this.newestVersion = metadata.versions.at(-1)
  }

  /** @throws INVALID_REQUEST, NOT_FOUND, UNAVAILABLE, TIMEOUT, INVALID_MODEL */
  static async open(uri: string, options: RemoteClientOptions): Promise<GrpcRemoteModel> {
    const { url, model: name, version = '' } = parseRemoteUri(uri, options.allowPrivate)
    const client = new GrpcClient(url, options)
    const asked = { name, version }
    try {
      const { ready } = await client.ask<{ ready: boolean }>('ModelReady', asked)
      const metadata = await client.ask<WireMetadata>('ModelMetadata', asked)
      if (!ready) throw new KaizenError('UNAVAILABLE', `the model ${uri} is not ready`)
      const parsed = modelMetadata.safeParse({
        ...metadata,
        inputs: metadata.inputs.map(withNumbers),
        outputs: metadata.outputs.map(withNumbers),
      })
      if (!parsed.success) throw unusable(uri, 'its metadata is not that of a model')
      checkDatatypes(uri, parsed.data)
      const { inputs, outputs } = parsed.data
      return new GrpcRemoteModel(client, asked, { ...metadata, signature: { inputs, outputs } })
    } catch (failure) {
      client.close()
      // What a server refuses to describe is no model of it.
      const isRefused = isKaizenError(failure) && failure.code === 'INVALID_TENSOR'
      throw isRefused || (isKaizenError(failure) && failure.code === 'NOT_FOUND')
        ? absent(uri)
        : failure
    }
  }

  async run(inputs: Tensors, outputs?: readonly string[]): Promise<Tensors> {
    const names = outputs ?? this.signature.outputs.map(({ name }) => name)
    const given = this.signature.inputs.map(({ name }) => {
      const tensor = inputs[name]
      if (!tensor) throw new KaizenError('INVALID_TENSOR', `the input "${name}" is missing`)
      return { name, tensor }
    })
    const request = {
      ...this.#model,
      inputs: given.map(({ name, tensor: { datatype, shape } }) => ({ name, datatype, shape })),
      outputs: names.map((name) => ({ name })),
      raw_input_contents: given.map(({ tensor }) => encodeBinaryTensor(tensor)),
    }
    const answer = await this.#client.ask<WireAnswer>('ModelInfer', request).catch((failure) => {
      // The model was there when the route was set: that it is gone says nothing about the request.
      if (!isKaizenError(failure) || failure.code !== 'NOT_FOUND') throw failure
      throw new KaizenError('UNAVAILABLE', failure.message, { cause: failure })
    })
    return this.#decoded(answer, names)
  }

  async close(): Promise<void> {
    this.#client.close()
  }

  /** @throws UNAVAILABLE for an answer that is not what the metadata says */
  #decoded({ outputs, raw_output_contents: raw }: WireAnswer, names: readonly string[]): Tensors {
    if (raw.length > 0 && raw.length !== outputs.length) {
      throw this.#broken(`there are ${raw.length} raw contents for ${outputs.length} outputs`)
    }
    const found = new Map<string, Tensor>()
    for (const [i, { contents, ...wire }] of outputs.entries()) {
      const head = withNumbers(wire)
      const spec = this.signature.outputs.find(({ name }) => name === head.name)
      if (!spec || !isDatatype(head.datatype) || !isTensorOf(spec, head)) {
        throw this.#broken('an output has another type or shape')
      }
      const typed = { datatype: head.datatype as Datatype, shape: head.shape }
      try {
        const bytes = raw[i]
        const tensor = bytes
          ? decodeBinaryTensor(spec.name, typed, bytes)
          : decodeContents(spec.name, typed, contents ?? {})
        found.set(spec.name, tensor)
      } catch (failure) {
        throw this.#broken((failure as Error).message)
      }
    }
    const missing = names.find((name) => !found.has(name))
    if (missing !== undefined) throw this.#broken(`the output "${missing}" is missing`)
    return Object.fromEntries(names.map((name) => [name, found.get(name)!]))
  }

  #broken(why: string): KaizenError {
    return new KaizenError(
      'UNAVAILABLE',
      `the answer of the server ${this.#client.host} cannot be used: ${why}`,
      { hint: 'Set the route again: the model there may have changed.' },
    )
  }
}

const withNumbers = ({ name, datatype, shape }: WireTensor) => ({
  name,
  datatype,
  shape: shape.map(Number),
})
