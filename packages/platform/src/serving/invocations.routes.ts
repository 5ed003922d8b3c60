import { invocationsApi, KaizenError } from '@kaizen/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorMapper, retryAfter, route, type Surface } from '../http/index.ts'
import type { Actor } from '../kernel/index.ts'
import { answerHeaders } from './answer-headers.ts'
import type { PredictionAnswer } from './endpoints/live-endpoint.ts'
import type { Served } from './endpoints/served.ts'
import type { ExplainRequest } from './explain/model.ts'
import { defaultMaxBodyBytes, type InferenceSurfaceOptions } from './open-inference.routes.ts'
import { streamedAnswer, wantsEvents } from './streaming/streaming.routes.ts'
import { inferenceStatus } from './traffic/inference-status.ts'
import { readBody } from './wire/body.ts'
import { parseExplain } from './wire/explain-parameter.ts'
import { explanationView } from './wire/explanation.ts'
import type { ScoringForm } from './wire/invocations.ts'
import {
  type PredictionContext,
  parseEventTime,
  parseId,
  parseIds,
} from './wire/prediction-context.ts'

/** MLflow's names of errors. */
const errorCodes = {
  invalid: 'BAD_REQUEST',
  denied: 'PERMISSION_DENIED',
  not_found: 'RESOURCE_DOES_NOT_EXIST',
  conflict: 'RESOURCE_CONFLICT',
  too_large: 'BAD_REQUEST',
  unsupported: 'NOT_IMPLEMENTED',
  unavailable: 'TEMPORARILY_UNAVAILABLE',
  bug: 'INTERNAL_ERROR',
} as const

const scoringErrors: ErrorMapper = (error) => ({
  status: inferenceStatus(error),
  body: {
    error_code: errorCodes[error.kind],
    message: error.hint === undefined ? error.message : `${error.message}. ${error.hint}`,
  },
  ...(error.kind === 'unavailable' ? { headers: { 'retry-after': retryAfter(error) } } : {}),
})

interface Scored {
  readonly served: Served
  readonly actor: Actor
  /** Explains where the request does not ask for it. */
  readonly explain?: ExplainRequest
}

type QueryText = Readonly<Record<string, string | undefined>>

/** Answers a scoring request in any of its forms. */
export function scorer({
  codec,
  maxBodyBytes = defaultMaxBodyBytes,
  memory,
}: Omit<InferenceSurfaceOptions, 'version'>) {
  return async (
    { served, actor, explain: always }: Scored,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> => {
    const { headers } = request
    const limit = Math.min(maxBodyBytes, served.maxBodyBytes ?? maxBodyBytes)
    using held = memory.held()
    const bounds = { maxBytes: limit, held }
    const body = await readBody(request.raw, headers['content-encoding'], bounds)
    const decoded = await codec.score(body, formOf(headers), () => ({
      signature: served.signature(undefined),
      rules: served.inputRules,
      takesMore: served.takesMore,
    }))
    const explain = decoded.explain ?? parseExplain('query.', request.query as QueryText) ?? always
    const call = {
      context: decoded.context,
      explain,
      headers,
      caller: { actor, address: request.ip },
      names: decoded.names,
      bind: decoded.bind,
    }
    if (wantsEvents(headers.accept)) {
      if (explain) throw explainedInParts()
      const part = async (answer: PredictionAnswer) => String(await codec.predictions(answer, ''))
      const error = (failure: KaizenError) =>
        JSON.stringify(scoringErrors(failure, request.id).body)
      return await streamedAnswer(reply, { part, error }, (parts) =>
        served.predict({ ...call, parts }),
      )
    }
    const answer = await served.predict(call)
    const { explanation } = answer
    const more = explanation
      ? `,"explanations":${JSON.stringify(explanationView(explanation))}`
      : ''
    const text = await codec.predictions(answer, more)
    reply.headers(answerHeaders(answer)).header('content-type', 'application/json; charset=utf-8')
    void reply.send(text)
  }
}

const explainedInParts = (): KaizenError =>
  new KaizenError('INVALID_REQUEST', 'an answer in parts is not explained', {
    hint: 'Ask for application/json to have it explained.',
  })

/** MLflow's scoring protocol, for each endpoint and for the default one. */
export function invocationsSurface(options: Omit<InferenceSurfaceOptions, 'version'>): Surface {
  const { catalogue } = options
  const score = scorer(options)
  return {
    name: 'invocations',
    mapError: scoringErrors,
    routes: [
      route(invocationsApi.endpoint, async ({ actor, params, request, reply }) =>
        score({ served: await catalogue.find(params.endpoint), actor }, request, reply),
      ),
      route(invocationsApi.default, async ({ actor, request, reply }) =>
        score({ served: await catalogue.default(), actor }, request, reply),
      ),
      route(invocationsApi.ping, async () => {
        if (catalogue.ready) return {}
        throw new KaizenError('UNAVAILABLE', 'not every model can answer yet')
      }),
    ],
  }
}

/**
 * JSON unless the content type says CSV or JSON lines; then headers name the rows. Stock clients often claim other types
 * for JSON. `header=absent` is RFC 4180's word for a CSV of values alone, as SageMaker's clients send it.
 */
function formOf(headers: FastifyRequest['headers']): ScoringForm {
  const [type = '', ...parameters] = (headers['content-type'] ?? 'application/json')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  if (type === 'text/csv') {
    const header = parameters.includes('header=absent') ? 'absent' : 'present'
    return { kind: 'csv', header, context: contextOf(headers) }
  }
  if (lineTypes.has(type)) return { kind: 'lines', context: contextOf(headers) }
  return { kind: 'json' }
}

const lineTypes = new Set(['application/jsonlines', 'application/x-ndjson', 'application/jsonl'])

const contextOf = (headers: FastifyRequest['headers']): PredictionContext => ({
  id: parseId('x-kaizen-inference-id', textOf(headers['x-kaizen-inference-id'])),
  inferenceIds: parseIds('x-kaizen-inference-ids', textOf(headers['x-kaizen-inference-ids'])),
  at: parseEventTime('x-kaizen-event-time', textOf(headers['x-kaizen-event-time'])),
})

const textOf = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join() : header
