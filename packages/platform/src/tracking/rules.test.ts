import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkBatchSize,
  checkedParam,
  checkedTag,
  checkMetric,
  checkName,
  checkUniqueKeys,
  experimentNumber,
  isNewer,
  newestPoints,
  storedValue,
} from './rules.ts'

const invalid = expect.objectContaining({ code: 'INVALID_REQUEST' })

describe('names', () => {
  it.each([
    'loss',
    'val/loss',
    'a b',
    'a.b-c:d_e',
    'größe',
    '日本',
    'x'.repeat(250),
    '..a'.slice(1),
  ])('takes %s', (name) => expect(() => checkName('key', name)).not.toThrow())
  it.each([
    '',
    '/a',
    'a/',
    'a//b',
    '..',
    '../a',
    'a/../b',
    '.',
    './a',
    'a;b',
    'a"b',
    'a\nb',
    'x'.repeat(251),
  ])('refuses %j', (name) => expect(() => checkName('key', name)).toThrow(invalid))
  it('does not repeat ten megabytes back', () => {
    try {
      checkName('key', `${'x'.repeat(200)};`.repeat(50_000))
      expect.unreachable()
    } catch (failure) {
      expect((failure as Error).message.length).toBeLessThan(500)
    }
  })
})

describe('values', () => {
  it('keeps infinities as the largest numbers', () => {
    expect(storedValue(Number.POSITIVE_INFINITY)).toBe(Number.MAX_VALUE)
    expect(storedValue(Number.NEGATIVE_INFINITY)).toBe(-Number.MAX_VALUE)
    expect(storedValue(-0.1)).toBe(-0.1)
  })
  it('cuts what is too long to keep', () => {
    expect(checkedParam({ key: 'a', value: 'v'.repeat(7000) }, 'key').value).toHaveLength(6000)
    expect(checkedTag({ key: 'a', value: 'v'.repeat(9000) }, 'key').value).toHaveLength(8000)
  })
  it.each([
    { key: 'a', value: 1, step: 0.5, timestamp: 0 },
    { key: 'a', value: 1, step: 0, timestamp: -1 },
    { key: 'a', value: 1, step: 2 ** 60, timestamp: 0 },
    { key: '../a', value: 1, step: 0, timestamp: 0 },
  ])('refuses the point %j', (point) => {
    expect(() => checkMetric(point)).toThrow(invalid)
  })
  it('holds a batch to its limits', () => {
    expect(() => checkBatchSize(1000, 0, 0)).not.toThrow()
    expect(() => checkBatchSize(1001, 0, 0)).toThrow(/at most 1000 metrics\. Got 1001/)
    expect(() => checkBatchSize(0, 101, 0)).toThrow(/at most 100 params/)
    expect(() => checkBatchSize(0, 0, 101)).toThrow(/at most 100 tags/)
    expect(() => checkBatchSize(900, 60, 60)).toThrow(/metrics, params, and tags/)
  })
  it('refuses a parameter twice', () => {
    const twice = [
      { key: 'a', value: '1' },
      { key: 'a', value: '1' },
    ]
    expect(() => checkUniqueKeys(twice)).toThrow(/\["a"\]/)
  })
  it.each(['', '1.5', 'abc', '0x10', '1'.repeat(20), "0'; drop"])(
    'refuses the experiment id %j',
    (id) => expect(() => experimentNumber(id)).toThrow(invalid),
  )
})

describe('the newest point', () => {
  const point = fc.record({
    key: fc.constantFrom('a', 'b'),
    value: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: -2, max: 2 })),
    step: fc.integer({ min: 0, max: 2 }),
    timestamp: fc.integer({ min: 0, max: 2 }),
  })
  it('does not depend on the order of logging', () => {
    fc.assert(
      fc.property(fc.array(point), fc.array(point), (some, more) => {
        const sort = (points: ReturnType<typeof newestPoints>) =>
          points.map(({ key, step, timestamp, value }) => [key, step, timestamp, value || 0]).sort()
        const whole = newestPoints([...some, ...more])
        const swapped = newestPoints([...newestPoints(more), ...newestPoints(some)])
        expect(sort(swapped)).toEqual(sort(whole))
        for (const one of [...some, ...more]) {
          const shown = whole.find(({ key }) => key === one.key)
          expect(shown && isNewer(one, shown)).toBe(false)
        }
      }),
    )
  })

  it.each([
    [{ datasetName: 'd' }, 'metrics[1].dataset_digest'],
    [{ datasetDigest: 'e' }, 'metrics[1].dataset_name'],
  ])('a figure names a data set whole: %j', (half, field) => {
    const point = { key: 'm', value: 1, timestamp: 1, step: 0 }
    expect(() => checkMetric({ ...point, ...half }, 'metrics[1]')).toThrow(
      `Missing value for required parameter '${field}'.`,
    )
    const whole = { ...point, datasetName: 'd', datasetDigest: 'e' }
    expect(() => checkMetric(whole)).not.toThrow()
    expect(() => checkMetric(point)).not.toThrow()
  })
})
