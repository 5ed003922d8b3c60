import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import type { MetricPoint } from '../model.ts'
import { type TestTracking, tester, testStart, testTracking } from '../test-tracking.ts'

const point = (step: number, more: Partial<MetricPoint> = {}): MetricPoint => ({
  key: 'm',
  value: step / 3,
  timestamp: testStart,
  step,
  ...more,
})
const series = (count: number, toStep: (index: number) => number): readonly MetricPoint[] =>
  Array.from({ length: count }, (_, index) => point(toStep(index), { timestamp: index }))

/** SQL's `ntile`, then the first of each part, and the last point in place of the last of them: once more, in plain code. */
function expectedSample(curve: readonly MetricPoint[], points: number): readonly MetricPoint[] {
  if (curve.length <= points) return curve
  const rest = [...curve]
  const firsts = Array.from({ length: points }, (_, index) => {
    const longer = index < curve.length % points ? 1 : 0
    return rest.splice(0, Math.floor(curve.length / points) + longer)[0]
  })
  return [...firsts.slice(0, -1), curve.at(-1)].flatMap((each) => each ?? [])
}

describe.each(testDialects)('curves on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('with its server', () => {
    let test: TestTracking
    beforeAll(async () => {
      test = await testTracking(dialect)
    })
    afterAll(() => test[Symbol.asyncDispose]())

    const logged = async (points: readonly MetricPoint[]): Promise<string> =>
      test.database.write(async (tx) => {
        const experimentId = await test.tracking.ensureExperiment(tx, tester, 'curves')
        const run = { experimentId, name: 'curve', startTime: testStart }
        const runId = await test.tracking.startRun(tx, tester, run)
        await test.tracking.log(tx, tester, runId, { metrics: points })
        return runId
      })
    const sample = (runId: string, points: number, steps?: readonly [number, number]) =>
      test.tracking.runs.sampledHistory(runId, 'm', { points, steps })

    it.each([
      ['a point at each step', series(1000, (index) => index)],
      ['steps at a distance, from below zero', series(1000, (index) => index * 7 - 900)],
      ['all points at one step', series(1000, () => 0)],
      ['a hole, and as many points too many elsewhere', series(1000, (i) => (i === 500 ? 3 : i))],
      ['the same within one part', series(1000, (index) => (index === 2 ? 0 : index))],
      [
        'a first distance unlike the others',
        series(999, (index) => (index < 2 ? index : 2 * index)),
      ],
      ['steps that grow', series(700, (index) => index * index)],
    ])('samples a curve with %s as ntile does', async (_, points) => {
      const curve = points.toSorted((a, b) => a.step - b.step || a.timestamp - b.timestamp)
      const runId = await logged(curve)
      for (const count of [1, 2, 7, 320, curve.length - 1, curve.length, 2500]) {
        expect(await sample(runId, count)).toEqual(expectedSample(curve, count))
      }
      const inside = curve.filter(({ step }) => step >= 10 && step <= 400)
      expect(await sample(runId, 20, [10, 400])).toEqual(expectedSample(inside, 20))
      expect(await sample(runId, 20, [-2000, -1000])).toEqual([])
    })

    it('samples any curve as ntile does', async () => {
      const steps = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 40 })
      await fc.assert(
        fc.asyncProperty(steps, fc.integer({ min: 1, max: 15 }), async (some, count) => {
          const sorted = some.toSorted((a, b) => a - b)
          const curve = sorted.map((step, index) => point(step, { timestamp: index }))
          expect(await sample(await logged(curve), count)).toEqual(expectedSample(curve, count))
        }),
        { numRuns: 60, seed: 7 },
      )
    })

    it('writes every number so that the same one is read', async () => {
      const values = [
        0.1,
        1 / 3,
        5e-324,
        Number.MAX_VALUE,
        -1e22,
        1e-7,
        123456789.125,
        2 ** 53 + 2,
        0,
        100,
      ]
      const points = [
        ...values.map((value, step) => point(step, { value })),
        point(values.length, { value: Number.NaN }),
        point(values.length + 1, { value: Number.NEGATIVE_INFINITY, timestamp: 2 ** 43 }),
      ]
      const { text } = await test.tracking.runs.history(await logged(points), 'm')
      const read = JSON.parse(`[${text}]`) as readonly MetricPoint[]
      expect(read).toEqual(
        points.map(({ value, ...rest }) => ({
          ...rest,
          value: Number.isNaN(value) ? 'NaN' : Math.max(value, -Number.MAX_VALUE),
        })),
      )
    })

    it('reads a long curve in parts, each point once', async () => {
      const points = series(23_456, (index) => Math.floor(index / 3))
      const runId = await logged(points)
      const all = await test.tracking.runs.history(runId, 'm')
      expect(all.points).toBe(points.length)
      expect(all.next).toBeUndefined()
      expect(JSON.parse(`[${all.text}]`)).toEqual(points)
      const { text, next } = await test.tracking.runs.history(runId, 'm', { limit: 12_000 })
      const rest = await test.tracking.runs.history(runId, 'm', { after: next, limit: 11_456 })
      expect(JSON.parse(`[${text},${rest.text}]`)).toEqual(points)
      expect(rest.next).toBeUndefined()
      const quoted = { more: { run_id: 'a"b' }, limit: 1 }
      expect((await test.tracking.runs.history(runId, 'm', quoted)).text).toBe(
        `{"key":"m","value":0${dialect === 'sqlite' ? '.0' : ''},"timestamp":0,"step":0,"run_id":"a\\"b"}`,
      )
    })
  })
})
