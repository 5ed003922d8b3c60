import { type ExplanationView, type JsonValue, KaizenError } from '@kaizen/contracts'
import { parseServerSentEvents } from '@kaizen/sdk'
import type { ApiContext } from '../api-command.ts'

/** A prediction, and what the server says about it in headers. */
export interface Prediction {
  readonly predictions: readonly JsonValue[]
  readonly explanations?: ExplanationView
  readonly inferenceId: string | null
  readonly arm: string | null
  readonly model: string | null
  readonly version: string | null
}

interface Answered {
  readonly predictions?: readonly JsonValue[]
  readonly explanations?: ExplanationView
  readonly error?: string
  readonly message?: string
}

/** Asks an endpoint. @throws NOT_FOUND, UNAVAILABLE, INVALID_TENSOR */
export async function invoke(
  context: ApiContext,
  name: string,
  request: object,
): Promise<Prediction> {
  const response = await asked(context, name, { request, accept: 'application/json' })
  const answer = (await response.json()) as Answered
  const said = (header: string): string | null => response.headers.get(`x-kaizen-${header}`)
  return {
    predictions: answer.predictions ?? [],
    ...(answer.explanations && { explanations: answer.explanations }),
    inferenceId: said('inference-id'),
    arm: said('arm'),
    model: said('model'),
    version: said('model-version'),
  }
}

/** The parts of an answer as they come. @throws as `invoke`, also after some parts */
export async function* streamedPredictions(
  context: ApiContext,
  name: string,
  request: object,
): AsyncGenerator<readonly JsonValue[]> {
  const response = await asked(context, name, { request, accept: 'text/event-stream' })
  for await (const { data } of parseServerSentEvents(response.body!)) {
    const part = JSON.parse(data) as Answered
    if (!part.predictions) throw refused(503, part)
    yield part.predictions
  }
}

async function asked(
  { baseUrl, token }: ApiContext,
  name: string,
  { request, accept }: { readonly request: object; readonly accept: string },
): Promise<Response> {
  const response = await fetch(
    new URL(`/endpoints/${encodeURIComponent(name)}/invocations`, baseUrl),
    {
      method: 'POST',
      headers: {
        accept,
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(request),
    },
  ).catch((cause: unknown) => {
    throw new KaizenError('UNAVAILABLE', `the server at ${baseUrl} is not reached`, {
      hint: 'Start one with `kaizen server`.',
      cause,
    })
  })
  if (response.ok) return response
  throw refused(response.status, (await response.json()) as Answered)
}

function refused(status: number, { message, error }: Answered): KaizenError {
  const code = status === 404 ? 'NOT_FOUND' : status >= 500 ? 'UNAVAILABLE' : 'INVALID_TENSOR'
  return new KaizenError(code, message ?? error ?? `the endpoint answered ${status}`)
}
