import { expect, it } from 'vitest'
import { Block, type BlockRow } from '../log/block.ts'
import type { RecordSchema } from '../log/record.ts'
import { armStats, trafficPoints } from './traffic.ts'

const schemaOf = (arm: string, version: number, mode: RecordSchema['mode'] = 'live') => ({
  arm,
  mode,
  model: 'bike',
  version,
  inputs: [],
  outputs: [],
})

/** Rows of several arms, one after the other in time; every tenth failed. */
function rowsOf(count: number): readonly BlockRow[] {
  const block = new Block()
  // Two schemas of one arm and version, as before and after another route was set.
  const schemas = [
    schemaOf('champion', 1),
    schemaOf('challenger', 2),
    schemaOf('champion', 1),
    schemaOf('challenger', 2, 'shadow'),
    schemaOf('champion', 3),
  ]
  for (let i = 0; i < count; i++) {
    block.add({
      schema: schemas[(i * 7) % schemas.length]!,
      ids: [`inf_${i}`],
      fresh: true,
      at: 1000 + i * 3,
      latencyMs: ((i * 7919) % 1000) / 10,
      inputs: {},
      answer: i % 10 === 9 ? { error: 'refused' } : { outputs: {} },
    })
  }
  return [...block.window(0, Number.MAX_SAFE_INTEGER)]
}

/** The same by groups of rows whose key is one text, sorted as numbers. */
function expected(rows: readonly BlockRow[], keyOf: (row: BlockRow) => string) {
  const groups = Map.groupBy(rows, keyOf)
  return [...groups.values()].map((group) => {
    const good = group.filter(({ error }) => error === null)
    const sorted = good.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? null
    const errors = group.length - good.length
    return { requests: group.length, errors, p50: at(0.5), p99: at(0.99) }
  })
}

it('counts each arm, mode and version, whichever route it stood in', async () => {
  const rows = rowsOf(1000)
  const stats = await armStats(rows)
  expect(stats.map(({ arm, mode, version }) => `${arm} ${mode} ${version}`)).toEqual([
    'champion live 1',
    'champion live 3',
    'challenger live 2',
    'challenger shadow 2',
  ])
  const keyOf = ({ rows: { schema } }: BlockRow) => `${schema.arm} ${schema.mode} ${schema.version}`
  const numbers = stats.map(({ requests, errors, p50, p99 }) => ({ requests, errors, p50, p99 }))
  expect(numbers).toEqual(expected(rows, keyOf))
  expect(await armStats([])).toEqual([])
})

it('counts buckets of time by arm', async () => {
  const rows = rowsOf(1000)
  const span = { from: 900, to: 4100 }
  const { bucketMs, points } = await trafficPoints(rows, span, 7)
  expect(bucketMs).toBe(Math.ceil(3200 / 7))
  expect(points.reduce((sum, { requests }) => sum + requests, 0)).toBe(1000)
  const bucketOf = ({ at }: BlockRow) => Math.floor((at - span.from) / bucketMs)
  const numbers = points.map(({ requests, errors, p50, p99 }) => ({ requests, errors, p50, p99 }))
  expect(numbers).toEqual(expected(rows, (row) => `${bucketOf(row)} ${row.rows.schema.arm}`))
  expect(points.map(({ at }) => at)).toEqual(points.map(({ at }) => at).sort((a, b) => a - b))
})

it('lets others have their turn while it counts', async () => {
  const counting = armStats(rowsOf(90_000))
  let turns = 0
  const turn = (): void => {
    turns++
    next = setImmediate(turn)
  }
  let next = setImmediate(turn)
  await counting
  clearImmediate(next)
  expect(turns).toBeGreaterThanOrEqual(3)
})
