import { type Action, KaizenError } from '@kaizen/contracts'
import type { Actor } from '../../kernel/index.ts'
import { answerHeaders } from '../answer-headers.ts'
import type { Catalogue } from '../catalogue.ts'
import { openInferenceExtensions } from '../endpoints/served.ts'
import { checkLoadParameters } from '../load-parameters.ts'
import type { RequestMemory } from '../wire/request-memory.ts'
import { renderConfig, renderStatistics } from '../wire/statistics.ts'
import { parseVersion } from '../wire/version.ts'
import { modelInfer } from './infer.ts'
import type { ModelInferRequest, NamedVersion, RepositoryRequest } from './messages.ts'

/** One call: who asks, and what to tell beside the answer. */
export interface GrpcCall {
  readonly actor: Actor
  /** Metadata of the call: what headers are to HTTP. */
  readonly headers: Readonly<Record<string, string>>
  /** True when the deadline has passed or the caller has hung up. */
  readonly ended: () => boolean
  readonly tell: (headers: Readonly<Record<string, string>>) => void
}

export interface GrpcMethod {
  readonly action: Action
  readonly answer: (request: never, call: GrpcCall) => Promise<object>
}

export interface GrpcMethodDeps {
  readonly catalogue: Catalogue
  /** Version that the server tells. */
  readonly version: string
  readonly memory: RequestMemory
}

const method = <Q>(
  action: Action,
  answer: (request: Q, call: GrpcCall) => Promise<object>,
): GrpcMethod => ({ action, answer })

/** The methods of GRPCInferenceService that answer one request by one response. */
export function openInferenceMethods(deps: GrpcMethodDeps): Readonly<Record<string, GrpcMethod>> {
  const { catalogue, version } = deps
  return {
    ServerLive: method('public', async () => ({ live: true })),
    ServerReady: method('public', async () => ({ ready: catalogue.ready })),
    ServerMetadata: method('view', async () => ({
      name: 'kaizen',
      version,
      extensions: [...openInferenceExtensions],
    })),
    ModelInfer: method<ModelInferRequest>('predict', (request, call) =>
      inferOnce(deps, request, call),
    ),
    ...modelMethods(catalogue),
    ...repositoryMethods(catalogue),
  }
}

/** @throws TIMEOUT when nobody waits for the answer any more, TOO_LARGE for the endpoint's own limit, OVERLOADED */
export async function inferOnce(
  { catalogue, memory }: Pick<GrpcMethodDeps, 'catalogue' | 'memory'>,
  request: ModelInferRequest,
  call: GrpcCall,
): Promise<object> {
  if (call.ended()) throw new KaizenError('TIMEOUT', 'the deadline of the request has passed')
  const served = await catalogue.find(request.model_name)
  const { messageBytes = 0 } = request
  if (messageBytes > (served.maxBodyBytes ?? Number.POSITIVE_INFINITY)) {
    throw new KaizenError(
      'TOO_LARGE',
      `the message is larger than the limit of ${served.maxBodyBytes} bytes`,
      { hint: 'Send fewer rows at once.' },
    )
  }
  using held = memory.held()
  held.add(messageBytes)
  const { response, answer } = await modelInfer(served, request, call)
  call.tell(answerHeaders(answer))
  return response
}

function modelMethods(catalogue: Catalogue): Readonly<Record<string, GrpcMethod>> {
  return {
    ModelReady: method<NamedVersion>('view', async (request) => {
      const served = await catalogue.find(request.name)
      const version = parseVersion(request.version)
      try {
        served.signature(version)
        return { ready: true }
      } catch (failure) {
        if (failure instanceof KaizenError && failure.kind === 'unavailable')
          return { ready: false }
        throw failure
      }
    }),
    ModelMetadata: method<NamedVersion>('view', async (request) => {
      const served = await catalogue.find(request.name)
      const { inputs, outputs } = served.signature(parseVersion(request.version))
      const { name, platform, versions } = served
      return { name, platform, versions: [...versions], inputs, outputs }
    }),
    ModelConfig: method<NamedVersion>('view', async (request) => {
      const served = await catalogue.find(request.name)
      const signature = served.signature(parseVersion(request.version))
      return { config: renderConfig(served, signature) }
    }),
    ModelStatistics: method<NamedVersion>('view', async ({ name, version }) => {
      const statistics = await catalogue.statistics(name || undefined, parseVersion(version))
      return { model_stats: renderStatistics(statistics) }
    }),
  }
}

function repositoryMethods(catalogue: Catalogue): Readonly<Record<string, GrpcMethod>> {
  return {
    RepositoryIndex: method<{ readonly ready: boolean }>('view', async ({ ready }) => ({
      models: (await catalogue.index()).filter(({ state }) => !ready || state === 'READY'),
    })),
    RepositoryModelLoad: method<RepositoryRequest>('edit', async (request, { actor }) => {
      checkLoadParameters(Object.keys(request.parameters))
      await catalogue.load(actor, request.model_name)
      return {}
    }),
    RepositoryModelUnload: method<RepositoryRequest>('edit', async (request, { actor }) => {
      await catalogue.unload(actor, request.model_name)
      return {}
    }),
  }
}
