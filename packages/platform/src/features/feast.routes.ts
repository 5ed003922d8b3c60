import { setTimeout as pause } from 'node:timers/promises'
import {
  type ErrorKind,
  feastApi,
  httpStatusOfKind,
  type JsonValue,
  KaizenError,
  type Materialization,
} from '@kaizen/contracts'
import { type ErrorMapper, retryAfter, route, type Surface } from '../http/index.ts'
import type { Actor, Clock } from '../kernel/index.ts'
import { microsecondsOf } from './cells.ts'
import { onlineAnswer } from './feast-answer.ts'
import type { MaterializeWindow } from './materializer.ts'
import type { FeatureService } from './service.ts'

/** Names that stock clients know. */
const errorClasses: Partial<Readonly<Record<ErrorKind, string>>> = {
  not_found: 'FeatureViewNotFoundException',
  denied: 'FeastPermissionError',
}

/** Feast tells an error as a JSON text within the JSON, which its client parses. */
const feastErrors: ErrorMapper = (error) => ({
  status: error.kind === 'invalid' ? 422 : httpStatusOfKind[error.kind],
  body: JSON.stringify(
    JSON.stringify({
      module: 'feast.errors',
      class: errorClasses[error.kind] ?? 'FeastError',
      message: error.hint === undefined ? error.message : `${error.message}. ${error.hint}`,
    }),
  ),
  headers: {
    'content-type': 'application/json; charset=utf-8',
    ...(error.kind === 'unavailable' ? { 'retry-after': retryAfter(error) } : {}),
  },
})

type Columns = Readonly<Record<string, readonly JsonValue[]>>

/** The HTTP surface of Feast's feature server, on the same views and online store. */
export function feastSurface(features: FeatureService, clock: Clock): Surface {
  return {
    name: 'feast',
    mapError: feastErrors,
    prefixes: Object.values(feastApi).map(({ path }) => path),
    routes: [
      route(feastApi.getOnlineFeatures, async ({ body }) => {
        const { entities, feature_service: service, features: asked } = body
        const plan = await features.reader.plan(
          service ? { service } : { features: asked ?? undefined },
        )
        const full = body.full_feature_names ?? false
        return onlineAnswer(features.reader, plan, {
          given: new Map(Object.entries(entities)),
          full,
          nowUs: clock.now() * 1000,
        })
      }),
      route(feastApi.push, async ({ body, actor }) => {
        const { push_source_name: view, df, to } = body
        await features.push(actor, view, { rows: rowsOf(df), to })
        return null
      }),
      route(feastApi.writeToOnlineStore, async ({ body, actor }) => {
        const rows = rowsOf(body.df)
        await features.push(actor, body.feature_view_name, { rows, to: 'online' })
        return null
      }),
      route(feastApi.materialize, ({ body, query, actor, signal }) => {
        const from = timeOf('start_ts', body.start_ts)
        if (from === undefined) throw new KaizenError('INVALID_REQUEST', 'start_ts is missing')
        const window = { from, to: timeOf('end_ts', body.end_ts) }
        return materialize(features, { actor, window, views: body.feature_views, query, signal })
      }),
      route(feastApi.materializeIncremental, ({ body, query, actor, signal }) => {
        const window = { to: timeOf('end_ts', body.end_ts) }
        return materialize(features, { actor, window, views: body.feature_views, query, signal })
      }),
    ],
  }
}

/** Columns as rows. @throws INVALID_REQUEST where they are of different lengths, or empty */
function rowsOf(columns: Columns): readonly Readonly<Record<string, JsonValue>>[] {
  const entries = Object.entries(columns)
  const length = entries[0]?.[1].length ?? 0
  const ragged = entries.find(([, values]) => values.length !== length)
  if (ragged) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `df: the column "${ragged[0].slice(0, 100)}" has ${ragged[1].length} values, but another has ${length}`,
    )
  }
  if (length === 0) throw new KaizenError('INVALID_REQUEST', 'df: there are no rows')
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(entries.map(([name, values]) => [name, values[row]!])),
  )
}

function timeOf(field: string, text: string | null | undefined): number | undefined {
  if (text === null || text === undefined) return undefined
  const us = microsecondsOf(text)
  if (us !== undefined && us >= 0) return Math.floor(us / 1000)
  throw new KaizenError('INVALID_REQUEST', `${field}: "${text.slice(0, 60)}" is not a time`, {
    hint: 'Write for example 2024-05-01T12:00:00Z.',
  })
}

interface Asked {
  readonly actor: Actor
  readonly window: MaterializeWindow
  readonly views: readonly string[] | null | undefined
  readonly query: { readonly async?: string | undefined }
  readonly signal: AbortSignal
}

/** All views unless some are named; answered when they are in, or at once where the caller does not want to wait. */
async function materialize(
  features: FeatureService,
  { actor, window, views, query, signal }: Asked,
) {
  const names = views ?? (await allViews(features))
  const asked: Materialization[] = []
  for (const name of names) asked.push(await features.materializer.request(actor, name, window))
  if (query.async === 'true') return { status: 'accepted' as const, feature_views: [...names] }
  for (const { id } of asked) await untilEnded(features, id, signal)
  return null
}

async function allViews(features: FeatureService): Promise<readonly string[]> {
  const names: string[] = []
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await features.definitions.views(1000, after)
    names.push(...page.items.map(({ definition }) => definition.name))
    after = page.nextPageToken
  }
  return names
}

async function untilEnded(
  features: FeatureService,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const { state, error, view } = await features.materializer.get(id)
    if (state === 'succeeded') return
    if (state === 'failed')
      throw new KaizenError('INVALID_DATA', `the feature view "${view}" is not in: ${error}`)
    await pause(25, undefined, { signal })
  }
}
