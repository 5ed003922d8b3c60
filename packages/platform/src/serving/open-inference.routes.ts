import { KaizenError, oipApi } from '@kaizen/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorMapper, type Route, retryAfter, route, type Surface } from '../http/index.ts'
import type { Actor } from '../kernel/index.ts'
import { answerHeaders } from './answer-headers.ts'
import type { Catalogue } from './catalogue.ts'
import type { AnySizeCodec } from './codec/large.ts'
import type { PredictionAnswer } from './endpoints/live-endpoint.ts'
import { openInferenceExtensions } from './endpoints/served.ts'
import { checkLoadParameters } from './load-parameters.ts'
import type { Parts } from './streaming/in-parts.ts'
import { streamedAnswer } from './streaming/streaming.routes.ts'
import { inferenceStatus } from './traffic/inference-status.ts'
import { readBody } from './wire/body.ts'
import { compressed } from './wire/compress.ts'
import { decodeGenerate, encodeGenerated } from './wire/generate.ts'
import { bindOpenInference } from './wire/open-inference.ts'
import type { HeldMemory, RequestMemory } from './wire/request-memory.ts'
import { renderConfig, renderStatistics } from './wire/statistics.ts'
import { parseVersion } from './wire/version.ts'

export interface InferenceSurfaceOptions {
  readonly catalogue: Catalogue
  readonly codec: AnySizeCodec
  /** Version that the server tells. */
  readonly version: string
  /** Largest body of a request, after decompression; 64 MiB unless told. */
  readonly maxBodyBytes?: number
  /** What bodies may hold together; surfaces of one server share it. */
  readonly memory: RequestMemory
}

export const defaultMaxBodyBytes = 64 * 1024 * 1024

const errorText = ({ message, hint }: KaizenError): string =>
  hint === undefined ? message : `${message}. ${hint}`

/**
 * Errors of the Open Inference Protocol: a text under `error`, which stock clients show. KServe's reads it only where the
 * content type is that of JSON without a parameter; Fastify leaves the type of bytes as it is.
 */
export const protocolErrors: ErrorMapper = (error) => ({
  status: inferenceStatus(error),
  body: Buffer.from(JSON.stringify({ error: errorText(error) })),
  headers: {
    'content-type': 'application/json',
    ...(error.kind === 'unavailable' && { 'retry-after': retryAfter(error) }),
  },
})

/** Open Inference Protocol V2 over REST, with the extensions that its metadata names. */
export function openInferenceSurface(options: InferenceSurfaceOptions): Surface {
  const routes = [
    ...metadataRoutes(options),
    ...repositoryRoutes(options),
    ...statisticsRoutes(options),
    ...inferRoutes(options),
    ...generateRoutes(options),
  ]
  return { name: 'open-inference', routes, mapError: protocolErrors, prefixes: ['/v2'] }
}

interface ModelParams {
  readonly model: string
  readonly version?: string
}

function metadataRoutes({ catalogue, version }: InferenceSurfaceOptions): readonly Route[] {
  const describe = async (params: ModelParams) => {
    const served = await catalogue.find(params.model)
    const signature = served.signature(parseVersion(params.version))
    const { name, platform, versions, properties } = served
    return {
      name,
      versions: [...versions],
      platform,
      ...signature,
      ...(properties && { properties }),
    }
  }
  const modelReady = async (params: ModelParams) => {
    const served = await catalogue.find(params.model)
    served.signature(parseVersion(params.version))
    return { ready: true }
  }
  const configOf = async (params: ModelParams) => {
    const served = await catalogue.find(params.model)
    const signature = served.signature(parseVersion(params.version))
    return renderConfig(served, signature)
  }
  return [
    route(oipApi.server, async () => ({
      name: 'kaizen',
      version,
      extensions: [...openInferenceExtensions],
    })),
    route(oipApi.live, async () => ({ live: true })),
    route(oipApi.ready, async () => {
      if (catalogue.ready) return { ready: true }
      throw new KaizenError('UNAVAILABLE', 'not every model can answer yet')
    }),
    route(oipApi.model, ({ params }) => describe(params)),
    route(oipApi.modelVersion, ({ params }) => describe(params)),
    route(oipApi.modelReady, ({ params }) => modelReady(params)),
    route(oipApi.modelVersionReady, ({ params }) => modelReady(params)),
    route(oipApi.config, ({ params }) => configOf(params)),
    route(oipApi.versionConfig, ({ params }) => configOf(params)),
  ]
}

function repositoryRoutes({ catalogue }: InferenceSurfaceOptions): readonly Route[] {
  return [
    route(oipApi.repositoryIndex, async ({ body }) =>
      (await catalogue.index()).filter(({ state }) => body?.ready !== true || state === 'READY'),
    ),
    route(oipApi.repositoryLoad, async ({ actor, params, body }) => {
      checkLoadParameters(Object.keys(body?.parameters ?? {}))
      await catalogue.load(actor, params.model)
      return {}
    }),
    route(oipApi.repositoryUnload, async ({ actor, params }) => {
      await catalogue.unload(actor, params.model)
      return {}
    }),
  ]
}

function statisticsRoutes({ catalogue }: InferenceSurfaceOptions): readonly Route[] {
  const statistics = async (model?: string, version?: string) => ({
    model_stats: renderStatistics(await catalogue.statistics(model, parseVersion(version))),
  })
  return [
    route(oipApi.allStatistics, () => statistics()),
    route(oipApi.statistics, ({ params }) => statistics(params.model)),
    route(oipApi.versionStatistics, ({ params }) => statistics(params.model, params.version)),
  ]
}

function inferRoutes(options: InferenceSurfaceOptions): readonly Route[] {
  const { catalogue, codec } = options
  const maxBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
  const infer = async (
    { model, version, actor }: ModelParams & { readonly actor: Actor },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> => {
    const served = await catalogue.find(model)
    const { headers } = request
    const limit = Math.min(maxBytes, served.maxBodyBytes ?? maxBytes)
    using held = options.memory.held()
    const bounds = { maxBytes: limit, held }
    const body = await readBody(request.raw, headers['content-encoding'], bounds)
    const jsonLength = single(headers['inference-header-content-length'])
    const decoded = await codec.decode(body, jsonLength)
    const answer = await served.predict({
      context: decoded.context,
      headers,
      caller: { actor, address: request.ip },
      version: parseVersion(version),
      explain: decoded.explain,
      names: () => new Set(decoded.inputs.keys()),
      bind: (signature) => bindOpenInference(decoded, signature),
    })
    const id = decoded.id ?? answer.id
    const { outputs, binaryOutputs } = decoded
    const { version: answered, signature } = answer
    const encoded = await codec.encode(
      { outputs, binaryOutputs, model, version: answered, id, signature },
      answer,
    )
    reply.headers(answerHeaders(answer))
    if (encoded.jsonLength === undefined) {
      reply.header('content-type', 'application/json; charset=utf-8')
    } else {
      reply.header('content-type', 'application/octet-stream')
      reply.header('inference-header-content-length', String(encoded.jsonLength))
    }
    const sent = await compressed(encoded.body, single(headers['accept-encoding']))
    if (sent.encoding) reply.header('content-encoding', sent.encoding)
    void reply.send(sent.body)
  }
  return [
    route(oipApi.infer, ({ actor, params, request, reply }) =>
      infer({ ...params, actor }, request, reply),
    ),
    route(oipApi.inferVersion, ({ actor, params, request, reply }) =>
      infer({ ...params, actor }, request, reply),
    ),
  ]
}

/** Triton's generate extension: one answer, or its parts by server-sent events. */
function generateRoutes(options: InferenceSurfaceOptions): readonly Route[] {
  const { catalogue, maxBodyBytes, memory } = options
  const ask = async ({ actor, params, request }: GenerateCall, held: HeldMemory) => {
    const served = await catalogue.find(params.model)
    const { headers } = request
    const limits = [maxBodyBytes ?? defaultMaxBodyBytes, served.maxBodyBytes ?? Infinity]
    const bounds = { maxBytes: Math.min(...limits), held }
    const body = await readBody(request.raw, headers['content-encoding'], bounds)
    const call = {
      ...decodeGenerate(body),
      headers,
      caller: { actor, address: request.ip },
      version: parseVersion(params.version),
    }
    return (parts?: Parts<PredictionAnswer>) => served.predict({ ...call, parts })
  }
  const generate = async (call: GenerateCall): Promise<void> => {
    using held = memory.held()
    const answer = await (await ask(call, held))()
    call.reply.headers(answerHeaders(answer)).header('content-type', 'application/json')
    void call.reply.send(Buffer.from(encodeGenerated(call.params.model, answer)))
  }
  const stream = async (call: GenerateCall): Promise<void> => {
    using held = memory.held()
    await streamedAnswer(
      call.reply,
      {
        part: (part) => encodeGenerated(call.params.model, part),
        error: (error) => JSON.stringify({ error: errorText(error) }),
      },
      await ask(call, held),
    )
  }
  return [
    route(oipApi.generate, generate),
    route(oipApi.generateVersion, generate),
    route(oipApi.generateStream, stream),
    route(oipApi.generateStreamVersion, stream),
  ]
}

interface GenerateCall {
  readonly params: ModelParams
  readonly actor: Actor
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header
