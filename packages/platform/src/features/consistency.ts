import type { FeatureConsistency, JsonValue } from '@kaizen/contracts'
import { aggregateAt, isAggregated, type Tile } from './aggregates.ts'
import type { FeatureDefinitions } from './definitions.service.ts'
import type { FeatureDeps } from './dependencies.ts'
import type { OnlineRow, ResolvedView } from './model.ts'
import { newestRows, rowsOf } from './newest-rows.ts'
import { findSet } from './online-sets.store.ts'
import { keepUsOf, valuesDigest } from './rules.ts'
import { keyColumn } from './view-relation.ts'

/** Holds what stands online against what the dataset says was newest when it was brought in last. */
export class ConsistencyCheck {
  readonly #deps: FeatureDeps
  readonly #definitions: FeatureDefinitions

  constructor(deps: FeatureDeps, definitions: FeatureDefinitions) {
    this.#deps = deps
    this.#definitions = definitions
  }

  /** Entities are chosen by a hash of their keys, the same every time. @throws NOT_FOUND, INVALID_DATA */
  async check(name: string, sample: number): Promise<FeatureConsistency> {
    const { database, data, blobs, lake, online, clock } = this.#deps
    const view = await this.#definitions.resolve(name)
    const set = await findSet(database.reader, name, valuesDigest(view))
    const { datasetVersion = null, materializedTo = null } = set?.state ?? {}
    if (!set || datasetVersion === null || materializedTo === null)
      return { ...tallied(view, []), view: name, datasetVersion: null, materializedTo: null }
    const version = await data.version(view.definition.source.dataset, datasetVersion)
    const reach = { from: null, to: materializedTo, base: { pieces: [], materializedTo: null } }
    const sql = await newestRows(blobs, { view, version }, { kind: 'window', ...reach })
    const keys = view.joinKeys.map((_, k) => keyColumn(k)).join(', ')
    const chosen =
      keys === '' ? sql : `SELECT * FROM (${sql}) ORDER BY hash(${keys}) LIMIT ${sample}`
    // What nobody may use any more need not stand online.
    const keepUs = keepUsOf(view.definition)
    const oldestUs = keepUs === null ? Number.NEGATIVE_INFINITY : clock.now() * 1000 - keepUs
    const rows = rowsOf(await lake.query(chosen), view)
    const offline = rows.filter(({ eventUs }) => eventUs > oldestUs)
    const found = await online.read(
      set.no,
      offline.map(({ key }) => key),
    )
    const pairs = offline.map((row, i): Pair => [row, found[i]])
    return {
      ...tallied(view, pairs, materializedTo * 1000),
      view: name,
      datasetVersion,
      materializedTo,
    }
  }
}

type Pair = readonly [offline: OnlineRow, online: OnlineRow | undefined]

/** What a row says of each feature; aggregates at a time. */
function valuesOf(
  definition: ResolvedView['definition'],
  { cells }: OnlineRow,
  atUs: number,
): readonly JsonValue[] {
  if (!isAggregated(definition)) return cells
  const tiles = cells as unknown as readonly Tile[]
  return definition.features.map((_, feature) => aggregateAt(definition, { feature, tiles }, atUs))
}

/** How entities compare; rows that were pushed later are newer, and as they should be. */
export function tallied(
  { definition }: Pick<ResolvedView, 'definition'>,
  pairs: readonly Pair[],
  atUs = 0,
): Pick<
  FeatureConsistency,
  'checked' | 'equal' | 'missing' | 'older' | 'newer' | 'different' | 'features'
> {
  const counts = { equal: 0, missing: 0, older: 0, newer: 0, different: 0 }
  const mismatches = definition.features.map(() => 0)
  for (const [offline, online] of pairs) {
    if (!online) counts.missing++
    else if (online.eventUs !== offline.eventUs)
      counts[online.eventUs < offline.eventUs ? 'older' : 'newer']++
    else {
      const [left, right] = [offline, online].map((row) => valuesOf(definition, row, atUs))
      const unequal = left!.flatMap((cell, f) => (cell === right![f] ? [] : [f]))
      for (const feature of unequal) mismatches[feature]!++
      counts[unequal.length === 0 ? 'equal' : 'different']++
    }
  }
  const features = definition.features.map(({ name }, f) => ({ name, different: mismatches[f]! }))
  return { checked: pairs.length, ...counts, features }
}
