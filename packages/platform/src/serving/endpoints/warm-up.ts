import { KaizenError } from '@kaizen/contracts'
import type { LoadedModel } from '../../runtime/index.ts'
import { checkReplayable, isComplete, tensorsOfRows } from '../replay/logged-tensors.ts'
import type { BoundInputs } from '../wire/bind.ts'
import { decodeScoring } from '../wire/invocations.ts'
import type { LiveEndpoint } from './live-endpoint.ts'
import type { WarmUpRequests } from './model-lease.ts'

export interface WarmUpSource {
  readonly endpoint: Pick<LiveEndpoint, 'log' | 'settings'>
  /** The request that was recorded with the model, as MLflow's clients log it. */
  readonly example: () => Promise<Buffer | undefined>
}

/** Requests of one row among them: most of those that will come are. */
const singleRows = 8

/**
 * Puts recorded requests to a model: the newest answered ones of the endpoint's log, else the example that was logged with
 * the model; undefined where neither fits its signature. A model that fails on them is not ready.
 * @throws as the model does
 */
export async function warmUpRecorded(
  model: LoadedModel,
  { endpoint, example }: WarmUpSource,
): Promise<WarmUpRequests | undefined> {
  const { warmUp } = endpoint.settings
  if (!warmUp) return undefined
  const logged = await loggedRequests(model, endpoint, warmUp.rows)
  const bound = logged ?? exampleRequest(model, await example())
  if (!bound) return undefined
  await model.run(bound.tensors)
  if (logged) await Promise.all(logged.singles.map((tensors) => model.run(tensors)))
  return { source: logged ? 'log' : 'example', rows: bound.rows }
}

async function loggedRequests(
  { signature }: LoadedModel,
  { log, settings }: WarmUpSource['endpoint'],
  wanted: number,
): Promise<(BoundInputs & { readonly singles: readonly BoundInputs['tensors'][] }) | undefined> {
  if (log.loggedRows === 0) return undefined
  const redacted = new Set(settings.log?.redact)
  const newest = await log.newest(4 * wanted, { from: 0, to: Number.MAX_SAFE_INTEGER })
  const rows = newest
    .filter(
      (row) =>
        row.rows.schema.mode === 'live' &&
        row.error === null &&
        isComplete(signature, row, (column) => redacted.has(column)),
    )
    .slice(0, wanted)
  if (rows.length === 0) return undefined
  return unlessUnfit(() => {
    checkReplayable(signature)
    const singles = rows.slice(0, singleRows).map((row) => tensorsOfRows(signature, [row]))
    return { tensors: tensorsOfRows(signature, rows), rows: rows.length, singles }
  })
}

function exampleRequest(
  { signature }: LoadedModel,
  body: Buffer | undefined,
): BoundInputs | undefined {
  return body && unlessUnfit(() => decodeScoring(body, { kind: 'json' }).bind(signature))
}

/** What cannot be put to the model says nothing about it. */
function unlessUnfit<T>(made: () => T): T | undefined {
  try {
    return made()
  } catch (failure) {
    if (failure instanceof KaizenError || failure instanceof RangeError) return undefined
    throw failure
  }
}
