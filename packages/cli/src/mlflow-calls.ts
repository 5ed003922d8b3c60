import { KaizenError, mlflowExperimentsApi } from '@kaizen/contracts'
import type { Client } from '@kaizen/sdk'
import { given } from './given.ts'

const mostExperiments = 1000

/** Ids of the named experiments, of all where none is named. */
export async function experimentIds(client: Client, names: readonly string[]): Promise<string[]> {
  if (names.length > 0) {
    return Promise.all(
      names.map(async (name) => {
        const { experiment } = await client.call(mlflowExperimentsApi.getByName, {
          query: { experiment_name: name },
        })
        return experiment.experiment_id
      }),
    )
  }
  const ids: string[] = []
  let pageToken: string | undefined
  do {
    const { experiments = [], next_page_token } = await client.call(mlflowExperimentsApi.search, {
      body: {
        max_results: mostExperiments,
        ...given('page_token', pageToken),
      },
    })
    ids.push(...experiments.map((experiment) => experiment.experiment_id))
    pageToken = next_page_token || undefined
  } while (pageToken !== undefined)
  return ids
}

/** Codes of the MLflow protocol that mean what a code of ours means. */
const codes: Readonly<Record<string, 'NOT_FOUND' | 'INVALID_REQUEST' | 'FORBIDDEN'>> = {
  RESOURCE_DOES_NOT_EXIST: 'NOT_FOUND',
  ENDPOINT_NOT_FOUND: 'NOT_FOUND',
  INVALID_PARAMETER_VALUE: 'INVALID_REQUEST',
  BAD_REQUEST: 'INVALID_REQUEST',
  UNAUTHENTICATED: 'FORBIDDEN',
  PERMISSION_DENIED: 'FORBIDDEN',
}

/** Failures of the MLflow surface come in its protocol's shape; told here as our own. */
export async function told<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (failure) {
    if (!(failure instanceof KaizenError)) throw failure
    const body = failure.details?.['body']
    const { error_code: code, message } = parseBody(body)
    if (typeof code !== 'string' || typeof message !== 'string') throw failure
    throw new KaizenError(codes[code] ?? 'INTERNAL', message, { cause: failure })
  }
}

function parseBody(body: unknown): { readonly error_code?: unknown; readonly message?: unknown } {
  try {
    const parsed: unknown = JSON.parse(String(body))
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return {}
  }
}
