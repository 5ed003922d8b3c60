import type { DatasetVersion } from '@kaizen/contracts'
import { eventTimeColumn } from '../data/index.ts'
import { digestOf } from '../kernel/index.ts'
import type { Table, TableColumn } from '../storage/index.ts'
import * as store from './collection.store.ts'
import {
  type ArmPredictions,
  type Collection,
  type ContinualDeps,
  type PolicyRecord,
  policyActor,
} from './model.ts'

/** Versions that are looked through for a batch that was appended before a crash. */
const recentVersions = 20

/**
 * Appends newly labelled predictions to a policy's dataset as a new version: the inputs that are its columns, the truth
 * as its target, and the event time. Each prediction is appended once, whenever its label comes; a correction that
 * comes after does not change the version.
 *
 * What is to be appended is written down first, then appended under a key of its content, then struck off. So after a
 * crash the same rows are appended if they were not, and never twice.
 */
export class Collector {
  readonly #deps: ContinualDeps
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(deps: ContinualDeps) {
    this.#deps = deps
  }

  /** The dataset's version with all that is labelled now. */
  async collect(policy: PolicyRecord): Promise<DatasetVersion> {
    const { dataset } = policy.declaration
    const collect = await this.#collection(policy)
    if (collect) {
      await this.#inTurn(dataset, async () => {
        await this.#append(policy, collect)
        await this.#gather(dataset, collect)
        await this.#append(policy, collect)
      })
    }
    return this.#deps.data.version(dataset, 'latest')
  }

  /** What is collected, with the endpoint's own target where the declaration leaves it to that. */
  async #collection({ collect }: PolicyRecord): Promise<Collection | null> {
    if (!collect) return null
    const target = collect.target ?? (await this.#deps.serving.view(collect.endpoint)).target
    return target === null ? null : { endpoint: collect.endpoint, target }
  }

  /** Writes down which predictions have been labelled since the last time. */
  async #gather(dataset: string, { endpoint }: Collection): Promise<void> {
    const { database, serving } = this.#deps
    const cursor = await store.readCollectionCursor(database.reader, dataset, endpoint)
    const changed = await serving.feedbackChangedSince(endpoint, cursor)
    if (!changed.span) return
    const rows = await serving.predictions(endpoint, changed.span)
    const known = await store.collectedIn(database.reader, dataset, changed.span)
    const fresh = freshRows(rows, known).map((row) => ({
      at: rows.at[row]!,
      inferenceId: rows.inferenceId[row]!,
    }))
    await database.write(async (tx) => {
      await store.insertPending(tx, dataset, fresh)
      await store.writeCollectionCursor(tx, dataset, endpoint, changed.cursor)
    })
  }

  /** Appends what is written down, unless a version with the same key shows that it has been. */
  async #append(policy: PolicyRecord, { endpoint, target }: Collection): Promise<void> {
    const { data, database, serving } = this.#deps
    const { dataset } = policy.declaration
    const pending = await store.pendingOf(database.reader, dataset)
    const [first, last] = [pending[0], pending.at(-1)]
    if (!first || !last) return
    const batch = digestOf(pending)
    const recent = await data.versions(dataset, recentVersions)
    if (!recent.items.some(({ origin }) => origin['batch'] === batch)) {
      const rows = await serving.predictions(endpoint, { from: first.at, to: last.at + 1 })
      const wanted = new Set(pending.map(({ inferenceId }) => inferenceId))
      const fresh = rows.inferenceId.flatMap((id, row) => (wanted.delete(id) ? [row] : []))
      const { schema } = await data.version(dataset, 'latest')
      const table = labelledTable({ rows, fresh, schema, target })
      const origin = { kind: 'collected', endpoint, policy: policy.name, rows: fresh.length, batch }
      await data.addTable(policyActor(policy.name), dataset, table, origin)
    }
    await database.write((tx) => store.clearPending(tx, dataset))
  }

  /** Two policies may share a dataset. */
  async #inTurn(dataset: string, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(dataset) ?? Promise.resolve()
    const turn = before.then(work, work)
    this.#turns.set(
      dataset,
      turn.catch(() => undefined),
    )
    await turn
  }
}

/** Rows that were answered, have a truth and are not in the dataset; by number. */
export function freshRows(rows: ArmPredictions, known: ReadonlySet<string>): readonly number[] {
  const seen = new Set<string>()
  return rows.inferenceId.flatMap((id, row) => {
    if (rows.actual[row] === null || rows.error[row] !== null || known.has(id) || seen.has(id))
      return []
    seen.add(id)
    return [row]
  })
}

/** Predictions as rows of the dataset: columns of its schema only, in its types. */
export function labelledTable(input: {
  readonly rows: ArmPredictions
  readonly fresh: readonly number[]
  readonly schema: DatasetVersion['schema']
  readonly target: string
}): Table {
  const { rows, fresh, schema, target } = input
  const columns = schema.flatMap(({ name, type }): readonly TableColumn[] => {
    if (name === target)
      return [
        asColumn(
          name,
          type,
          fresh.map((row) => rows.actual[row]),
        ),
      ]
    const logged = rows.inputs.columns.find((column) => column.name === name)
    return logged
      ? [
          asColumn(
            name,
            type,
            fresh.map((row) => logged.values[row]),
          ),
        ]
      : []
  })
  const time = Float64Array.from(fresh, (row) => rows.at[row]!)
  const own = columns.filter(({ name }) => name !== eventTimeColumn)
  return {
    rowCount: fresh.length,
    columns: [{ name: eventTimeColumn, type: 'timestamp', values: time }, ...own],
  }
}

type Cell = number | string | boolean | null | undefined

function asColumn(
  name: string,
  type: DatasetVersion['schema'][number]['type'],
  cells: readonly Cell[],
): TableColumn {
  const isMissing = (cell: Cell): boolean =>
    cell === null || cell === undefined || cell === '' || Number.isNaN(cell)
  switch (type) {
    case 'integer':
    case 'number':
    case 'timestamp': {
      const values = Float64Array.from(cells, (cell) =>
        isMissing(cell) ? Number.NaN : Number(cell),
      )
      // Whole numbers stay whole, so that the schema does not change with the first prediction.
      const whole = values.every((value) => Number.isNaN(value) || Number.isInteger(value))
      return { name, type: type === 'integer' && !whole ? 'number' : type, values }
    }
    case 'boolean': {
      const truth = (cell: Cell): boolean => cell === true || cell === 'true' || Number(cell) === 1
      return { name, type, values: cells.map((cell) => (isMissing(cell) ? null : truth(cell))) }
    }
    case 'string':
    case 'date':
      return { name, type, values: cells.map((cell) => (isMissing(cell) ? null : String(cell))) }
  }
}
