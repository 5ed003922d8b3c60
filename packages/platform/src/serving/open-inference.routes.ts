import { KaizenError, oipApi } from '@kaizen/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorMapper, type Route, route, type Surface } from '../http/index.ts'
import { answerHeaders } from './answer-headers.ts'
import { inferenceStatus } from './inference-status.ts'
import type { LiveEndpoint } from './live-endpoint.ts'
import type { ServingService } from './service.ts'
import { bindInputs } from './wire/bind.ts'
import { readBody } from './wire/body.ts'
import { checkOutputs, decodeOpenInference, encodeOpenInference } from './wire/open-inference.ts'

export interface InferenceSurfaceOptions {
  readonly serving: ServingService
  /** Version that the server tells. */
  readonly version: string
  /** Largest body of a request, after decompression; 64 MiB unless told. */
  readonly maxBodyBytes?: number
}

export const defaultMaxBodyBytes = 64 * 1024 * 1024

/** Errors of the Open Inference Protocol: a text under `error`, which stock clients show. */
const protocolErrors: ErrorMapper = (error) => ({
  status: inferenceStatus(error),
  body: { error: error.hint === undefined ? error.message : `${error.message}. ${error.hint}` },
  ...(error.kind === 'unavailable' ? { headers: { 'retry-after': '1' } } : {}),
})

/** Open Inference Protocol V2 over REST. */
export function openInferenceSurface(options: InferenceSurfaceOptions): Surface {
  const routes = [...metadataRoutes(options), ...inferRoutes(options)]
  return { name: 'open-inference', routes, mapError: protocolErrors, prefixes: ['/v2'] }
}

function metadataRoutes({ serving, version }: InferenceSurfaceOptions): readonly Route[] {
  const describe = async (name: string, versionText?: string) => {
    const live = await serving.live(name)
    const { signature } = live.armFor(parseVersion(versionText))
    const versions = [...new Set(live.arms.map((arm) => String(arm.version)))]
    return { name, versions, platform: 'onnx_onnxv1', ...signature }
  }
  const modelReady = async (name: string, versionText?: string) => {
    const live = await serving.live(name)
    live.armFor(parseVersion(versionText))
    return { ready: true }
  }
  return [
    route(oipApi.server, async () => ({
      name: 'kaizen',
      version,
      extensions: ['binary_tensor_data', 'model_repository'],
    })),
    route(oipApi.live, async () => ({ live: true })),
    route(oipApi.ready, async () => {
      if (serving.ready) return { ready: true }
      throw new KaizenError('UNAVAILABLE', 'not every model can answer yet')
    }),
    route(oipApi.model, ({ params }) => describe(params.model)),
    route(oipApi.modelVersion, ({ params }) => describe(params.model, params.version)),
    route(oipApi.modelReady, ({ params }) => modelReady(params.model)),
    route(oipApi.modelVersionReady, ({ params }) => modelReady(params.model, params.version)),
    route(oipApi.repositoryIndex, async ({ body }) => {
      const models = await Promise.all(
        (await serving.names()).map(async (name) => indexOf(await serving.live(name))),
      )
      return models.flat().filter(({ state }) => body?.ready !== true || state === 'READY')
    }),
  ]
}

function indexOf({ name, arms, failure }: LiveEndpoint) {
  if (arms.length === 0) {
    const reason = failure?.message ?? 'no model is deployed'
    return [{ name, version: '', state: 'UNAVAILABLE' as const, reason }]
  }
  const versions = [...new Set(arms.map(({ version }) => version))]
  return versions.map((version) => ({
    name,
    version: String(version),
    state: 'READY' as const,
    reason: '',
  }))
}

function inferRoutes(options: InferenceSurfaceOptions): readonly Route[] {
  const { serving } = options
  const maxBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
  const infer = async (
    { model, version }: { readonly model: string; readonly version?: string },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> => {
    const live = await serving.live(model)
    const { headers } = request
    const body = await readBody(request.raw, headers['content-encoding'], maxBytes)
    const decoded = decodeOpenInference(body, single(headers['inference-header-content-length']))
    const answer = await live.predict({
      context: decoded.context,
      headers,
      version: parseVersion(version),
      bind: (signature) => {
        checkOutputs(decoded, signature)
        return bindInputs(signature, decoded.inputs)
      },
    })
    const id = decoded.id ?? answer.id
    const encoded = encodeOpenInference(decoded, { ...answer, model, id })
    reply.headers(answerHeaders(answer))
    if (encoded.jsonLength === undefined) {
      reply.header('content-type', 'application/json; charset=utf-8')
    } else {
      reply.header('content-type', 'application/octet-stream')
      reply.header('inference-header-content-length', String(encoded.jsonLength))
    }
    void reply.send(encoded.body)
  }
  return [
    route(oipApi.infer, ({ params, request, reply }) => infer(params, request, reply)),
    route(oipApi.inferVersion, ({ params, request, reply }) => infer(params, request, reply)),
  ]
}

/** Versions are numbers in the registry; other text names none. @throws NOT_FOUND */
function parseVersion(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new KaizenError('NOT_FOUND', `there is no version ${JSON.stringify(text.slice(0, 100))}`, {
    hint: 'Versions are whole numbers.',
  })
}

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header
