import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import type { RunDetail } from '../model.ts'
import { type Clause, type Order, parseFilter, parseOrder } from '../search/filter.ts'
import { type TestTracking, tester, testStart, testTracking } from '../test-tracking.ts'
import { type FoundRun, searchRuns } from './run-search.store.ts'
import { type RunEntity, runGrammar, runOrderGrammar } from './run-search.ts'
import { readRuns } from './runs.store.ts'

const runCount = 40

/** The meaning of a clause, written a second time in plain code. */
function matches(detail: RunDetail, clause: Clause<RunEntity>): boolean {
  const { entity, key, operator, value } = clause
  if (entity === 'metric') {
    const metric = detail.metrics.find((each) => each.key === key)
    if (!metric || value.kind !== 'number') return false
    return compareValues(metric.value, operator, value.number)
  }
  const list = entity === 'param' ? detail.params : detail.tags
  const found = entity === 'attribute' ? attribute(detail, key) : textOf(list, key)
  if (operator === 'IS NULL') return found === undefined
  if (operator === 'IS NOT NULL') return found !== undefined
  if (found === undefined) return false
  if (value.kind === 'list') return value.texts.includes(String(found)) === (operator === 'IN')
  if (value.kind === 'number') return compareValues(Number(found), operator, value.number)
  if (value.kind !== 'text') return false
  if (operator === 'LIKE') return likePattern(value.text, 'su').test(String(found))
  if (operator === 'ILIKE') return likePattern(value.text, 'sui').test(String(found))
  return (found === value.text) === (operator === '=')
}

const textOf = (list: readonly { key: string; value: string }[], key: string) =>
  list.find((each) => each.key === key)?.value

const attribute = ({ run }: RunDetail, key: string): string | number | undefined =>
  ({
    run_name: run.name,
    run_id: run.runId,
    start_time: run.startTime,
    end_time: run.endTime ?? undefined,
    status: run.status,
  })[key]

function compareValues(a: number, operator: string, b: number): boolean {
  if (operator === '=') return a === b
  if (operator === '!=') return a !== b
  if (operator === '<') return a < b
  if (operator === '<=') return a <= b
  return operator === '>' ? a > b : a >= b
}

const likePattern = (pattern: string, flags: string): RegExp => {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.')
  return new RegExp(`^${source}$`, flags)
}

/** The order of two runs, written a second time: missing last, NaN before missing, then newest, then id. */
function compareRuns(orders: readonly Order<RunEntity>[]) {
  return (a: RunDetail, b: RunDetail): number => {
    for (const { entity, key, descending } of orders) {
      const [x, y] = [a, b].map((detail) => sortKey(detail, entity, key)) as [Sortable, Sortable]
      if (x.rank !== y.rank) return x.rank - y.rank
      if (x.value < y.value) return descending ? 1 : -1
      if (x.value > y.value) return descending ? -1 : 1
    }
    return b.run.startTime - a.run.startTime || (a.run.runId < b.run.runId ? -1 : 1)
  }
}

interface Sortable {
  readonly rank: number
  readonly value: string | number
}

function sortKey(detail: RunDetail, entity: RunEntity, key: string): Sortable {
  if (entity === 'metric') {
    const metric = detail.metrics.find((each) => each.key === key)
    if (!metric) return { rank: 2, value: 0 }
    return Number.isNaN(metric.value) ? { rank: 1, value: 0 } : { rank: 0, value: metric.value }
  }
  const list = entity === 'param' ? detail.params : detail.tags
  const found = entity === 'attribute' ? attribute(detail, key) : textOf(list, key)
  return found === undefined ? { rank: 1, value: '' } : { rank: 0, value: found }
}

describe.each(testDialects)('search of runs on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('with its server', () => {
    let test: TestTracking
    let experimentId: string
    let all: readonly RunDetail[]

    beforeAll(async () => {
      test = await testTracking(dialect)
      const { tracking, database } = test
      experimentId = await database.write((tx) => tracking.ensureExperiment(tx, tester, 'search'))
      const texts = [
        '',
        'abc',
        'ABC',
        'a_c',
        'a%c',
        'a*c',
        'a?c',
        'a[b]c',
        'a\\c',
        "it's",
        'ä',
        'Z',
        // Alike in all that an index of PostgreSQL holds of them.
        `${'x'.repeat(200)}b`,
        `${'x'.repeat(200)}a`,
      ]
      for (let n = 0; n < runCount; n++) {
        await database.write(async (tx) => {
          const runId = await tracking.startRun(tx, tester, {
            experimentId,
            name: `${texts[n % texts.length]}${n % 3}`,
            startTime: testStart + (n % 7),
          })
          await tracking.log(tx, tester, runId, {
            metrics: [
              ...(n % 2 ? [{ key: 'm', value: n % 5 === 0 ? Number.NaN : (n % 6) - 2 }] : []),
              ...(n % 3 ? [{ key: 'n', value: n / 10 }] : []),
            ],
            params: n % 4 ? { p: texts[n % texts.length] ?? '' } : {},
            tags: { t: texts[(n * 5) % texts.length] ?? '' },
          })
          if (n % 9 === 0) await tracking.endRun(tx, tester, runId, 'FAILED', testStart + 9)
        })
      }
      all = (await search('', [], 1000)).items
      expect(all).toHaveLength(runCount)
    })
    afterAll(() => test[Symbol.asyncDispose]())

    const search = async (
      filter: string,
      orderBy: readonly string[],
      limit: number,
      pageToken?: string,
    ) => {
      const { runs } = test.tracking
      const asked = { experimentIds: [experimentId], filter, orderBy, limit, pageToken }
      const { items: numbers, nextPageToken } = await runs.search(asked)
      const { reader } = test.database
      const found = await readRuns(reader, dialect, numbers)
      return { items: await runs.details(reader, found), nextPageToken }
    }

    async function everyPage(filter: string, orderBy: readonly string[], limit: number) {
      const found: RunDetail[] = []
      for (let token: string | undefined; ; ) {
        const page = await search(filter, orderBy, limit, token)
        expect(page.items.length).toBeLessThanOrEqual(limit)
        found.push(...page.items)
        token = page.nextPageToken
        if (token === undefined) return found
        expect(page.items).toHaveLength(limit)
      }
    }

    /** The same by walking the order, as searches of many runs do; each page after comes from another way. */
    async function everyWalk(
      clauses: readonly Clause<RunEntity>[],
      orderBy: readonly string[],
      limit: number,
    ) {
      const { reader } = test.database
      const found: FoundRun[] = []
      for (let page = 0; ; page++) {
        const rows = await searchRuns(reader, dialect, {
          experimentNumbers: [Number(experimentId), 0],
          lifecycles: ['active', 'deleted'],
          clauses,
          order: orderBy.map((each) => parseOrder(each, runOrderGrammar)),
          after: found.at(-1)?.position,
          limit,
          ...[{ few: 0 }, { few: 0, mostTies: 0 }, {}][page % 3],
        })
        found.push(...rows)
        if (rows.length < limit) break
      }
      const runs = await readRuns(
        reader,
        dialect,
        found.map(({ number }) => number),
      )
      return runs.map(({ runId }) => runId)
    }

    const pattern = fc.constantFrom(
      'a_c',
      'A%',
      '%c',
      'a*c',
      'a?c',
      '%',
      '',
      'a[b]c',
      'a\\c',
      "it''s",
      '_',
    )
    const clause = fc.oneof(
      fc
        .tuple(
          fc.constantFrom('metrics.m', 'metrics.n', 'start_time'),
          fc.constantFrom('=', '!=', '<', '<=', '>', '>='),
          fc.constantFrom(-1, 0, 0.7, 2, testStart + 3),
        )
        .map((parts) => parts.join(' ')),
      fc
        .tuple(
          fc.constantFrom('params.p', 'tags.t', 'run_name', 'status', 'tags.missing'),
          fc.constantFrom('=', '!=', 'LIKE', 'ILIKE'),
          pattern,
        )
        .map(([key, operator, text]) => `${key} ${operator} '${text}'`),
      fc.constantFrom(
        'params.p IS NULL',
        'params.p IS NOT NULL',
        "run_id IN ('x')",
        'end_time > 5',
        'tags.missing IS NULL',
        "run_id NOT IN ('x')",
      ),
    )
    const orderItem = fc
      .tuple(
        fc.constantFrom(
          'metrics.m',
          'metrics.n',
          'params.p',
          'tags.t',
          'start_time',
          'end_time',
          'status',
          'run_name',
        ),
        fc.constantFrom('', ' ASC', ' DESC'),
      )
      .map((parts) => parts.join(''))

    it('finds what the grammar means, in its order, in pages of any size', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(clause, { maxLength: 3 }),
          fc.array(orderItem, { maxLength: 3 }),
          fc.integer({ min: 1, max: 20 }),
          async (clauses, orderBy, limit) => {
            const filter = clauses.join(' AND ')
            const parsed = parseFilter(filter, runGrammar)
            const expected = all
              .filter((detail) => parsed.every((each) => matches(detail, each)))
              .toSorted(compareRuns(orderBy.map((each) => parseOrder(each, runOrderGrammar))))
            const found = await everyPage(filter, orderBy, limit)
            const ids = expected.map(({ run }) => run.runId)
            expect(found.map(({ run }) => run.runId)).toEqual(ids)
            expect(await everyWalk(parsed, orderBy, limit)).toEqual(ids)
          },
        ),
        { numRuns: 60 },
      )
    })

    it('refuses a page token of another search', async () => {
      const { nextPageToken } = await search('', ['metrics.m'], 5)
      await expect(search('metrics.m > 0', ['metrics.m'], 5, nextPageToken)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      })
      await expect(search('', ['metrics.m DESC'], 5, nextPageToken)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      })
    })

    it.each([0, -1, 50_001])('refuses pages of %s runs', async (limit) => {
      await expect(search('', [], limit)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    })

    it('takes SQL in a filter for what it is: text', async () => {
      const evil = `tags.t = '''; drop table run; --' AND tags."t"" or 1=1 --" = 'x'`
      expect((await search(evil, [], 10)).items).toEqual([])
      expect((await search('', [`tags."x') desc; drop table run; --"`], 1000)).items).toHaveLength(
        runCount,
      )
    })
  })
})
