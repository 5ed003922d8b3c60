import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import type { z } from 'zod'
import type { Datatype, LoadedModel, Tensor, Tensors } from '../../runtime/index.ts'
import { parseBody, type WireJson } from '../wire/json.ts'
import { decodeBinaryTensor, encodeBinaryTensor } from '../wire/tensor-binary.ts'
import { decodeJsonTensor, renderJsonData } from '../wire/tensor-json.ts'
import { absent, checkDatatypes, isTensorOf, modelMetadata, unusable } from './model-metadata.ts'
import { type RemoteAnswer, RemoteClient, type RemoteClientOptions } from './remote-client.ts'
import { parseRemoteUri } from './remote-uri.ts'

/** One model of another server; what it answers is held against what its metadata says. */
export class RemoteModel implements LoadedModel {
  readonly signature: ModelSignature
  readonly platform: string
  readonly runtime = 'remote'
  readonly newestVersion: string | undefined
  readonly #client: RemoteClient
  readonly #binary: boolean

  private constructor(
    client: RemoteClient,
    metadata: z.output<typeof modelMetadata>,
    binary: boolean,
  ) {
    this.#client = client
    this.#binary = binary
    this.signature = { inputs: metadata.inputs, outputs: metadata.outputs }
    this.platform = metadata.platform || 'remote'
    this.newestVersion = metadata.versions?.at(-1)
  }

  static async open(uri: string, options: RemoteClientOptions): Promise<RemoteModel> {
    const { url } = parseRemoteUri(uri, options.allowPrivate)
    const client = new RemoteClient(url, options)
    try {
      const ready = await client.get('/ready')
      if (ready.status === 404) throw absent(uri)
      if (ready.status !== 200) {
        throw new KaizenError(
          'UNAVAILABLE',
          `the model ${uri} is not ready: it answers ${ready.status}`,
        )
      }
      const answer = await client.get('')
      if (answer.status !== 200) throw absent(uri)
      const parsed = modelMetadata.safeParse(parsedJson(answer.body))
      if (!parsed.success) throw unusable(uri, 'its metadata is not that of a model')
      checkDatatypes(uri, parsed.data)
      return new RemoteModel(client, parsed.data, await takesBinary(url, options))
    } catch (failure) {
      client.close()
      throw failure
    }
  }

  async run(inputs: Tensors, outputs?: readonly string[]): Promise<Tensors> {
    const names = outputs ?? this.signature.outputs.map(({ name }) => name)
    const { body, headers } = this.#encoded(inputs, names)
    const answer = await this.#client.post('/infer', body, headers)
    if (answer.status !== 200) throw this.#refusal(answer)
    return this.#decoded(answer, names)
  }

  async close(): Promise<void> {
    this.#client.close()
  }

  #encoded(inputs: Tensors, names: readonly string[]) {
    const binary: Uint8Array[] = []
    const tensors = this.signature.inputs.map(({ name }) => {
      const tensor = inputs[name]
      if (!tensor) throw new KaizenError('INVALID_TENSOR', `the input "${name}" is missing`)
      const head = `{"name":${JSON.stringify(name)},"datatype":"${tensor.datatype}","shape":[${tensor.shape.join()}]`
      if (!this.#binary) return `${head},"data":${renderJsonData(tensor)}}`
      const bytes = encodeBinaryTensor(tensor)
      binary.push(bytes)
      return `${head},"parameters":{"binary_data_size":${bytes.length}}}`
    })
    const wanted = names.map(
      (name) => `{"name":${JSON.stringify(name)},"parameters":{"binary_data":${this.#binary}}}`,
    )
    const text = Buffer.from(`{"inputs":[${tensors.join()}],"outputs":[${wanted.join()}]}`)
    if (!this.#binary) return { body: text, headers: { 'content-type': 'application/json' } }
    return {
      body: Buffer.concat([text, ...binary]),
      headers: {
        'content-type': 'application/octet-stream',
        'inference-header-content-length': String(text.length),
      },
    }
  }

  /** @throws UNAVAILABLE for an answer that is not what the metadata says */
  #decoded({ body, jsonLength }: RemoteAnswer, names: readonly string[]): Tensors {
    const length = jsonLength === undefined ? body.length : Number(jsonLength)
    const json = parsedJson(body.subarray(0, length)) as { readonly outputs?: readonly WireJson[] }
    if (!Array.isArray(json?.outputs)) throw this.#broken('it has no outputs')
    const found: Record<string, Tensor> = {}
    let at = length
    for (const item of json.outputs as readonly WireJson[]) {
      const output = item as unknown as RemoteTensor
      const spec = this.signature.outputs.find(({ name }) => name === output?.name)
      if (!spec || !isTensorOf(spec, output))
        throw this.#broken('an output has another type or shape')
      const head = { datatype: output.datatype as Datatype, shape: output.shape }
      const size = output.parameters?.binary_data_size
      try {
        if (size === undefined) {
          found[spec.name] = decodeJsonTensor(spec.name, head, output.data ?? [])
          continue
        }
        found[spec.name] = decodeBinaryTensor(spec.name, head, body.subarray(at, at + size))
      } catch (failure) {
        throw this.#broken((failure as Error).message)
      }
      at += size
    }
    const missing = names.find((name) => !found[name])
    if (missing !== undefined) throw this.#broken(`the output "${missing}" is missing`)
    return Object.fromEntries(names.map((name) => [name, found[name]!]))
  }

  #broken(why: string): KaizenError {
    return new KaizenError(
      'UNAVAILABLE',
      `the answer of the server ${this.#client.host} cannot be used: ${why}`,
      { hint: 'Set the route again: the model there may have changed.' },
    )
  }

  #refusal({ status, body }: RemoteAnswer): KaizenError {
    const said = (parsedJson(body) as { readonly error?: unknown } | undefined)?.error
    const words = typeof said === 'string' ? said.slice(0, 500) : `status ${status}`
    const text = `the server ${this.#client.host} refuses it: ${words}`
    const invalid = status >= 400 && status < 500 && status !== 429 && status !== 408
    return new KaizenError(invalid ? 'INVALID_TENSOR' : 'UNAVAILABLE', text)
  }
}

/** Whether the server names the extension of binary tensors. */
async function takesBinary(url: URL, options: RemoteClientOptions): Promise<boolean> {
  const base = new URL(url)
  base.pathname = url.pathname.replace(/\/models\/.*$/, '')
  const client = new RemoteClient(base, options)
  try {
    const { status, body } = await client.get('')
    const { extensions } = (parsedJson(body) ?? {}) as { readonly extensions?: unknown }
    return status === 200 && Array.isArray(extensions) && extensions.includes('binary_tensor_data')
  } finally {
    client.close()
  }
}

function parsedJson(body: Buffer): unknown {
  try {
    return parseBody(body)
  } catch {
    return undefined
  }
}

interface RemoteTensor {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  readonly parameters?: { readonly binary_data_size?: number }
  readonly data?: WireJson
}
