import { describe, expect, it } from 'vitest'
import { Admission, type Limits } from './admission.ts'
import { redacted } from './redaction.ts'
import { TokenBuckets } from './token-buckets.ts'

const limits = (rest: Partial<Limits>): Limits => ({ maxQueue: 1000, clientBurst: 10, ...rest })
const anybody = { caller: undefined, timeoutMs: undefined }
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

describe('admission', () => {
  it('computes so many at once, lets so many wait in order, and turns the next away', async () => {
    const admission = new Admission(limits({ maxConcurrent: 2, maxQueue: 3 }))
    let [inside, most] = [0, 0]
    const order: number[] = []
    const work = (i: number) => async () => {
      most = Math.max(most, ++inside)
      await pause(5)
      inside--
      order.push(i)
      return i
    }
    const runs = [0, 1, 2, 3, 4].map((i) => admission.run(anybody, work(i)))
    await expect(admission.run(anybody, work(5))).rejects.toMatchObject({ code: 'OVERLOADED' })
    expect(await Promise.all(runs)).toEqual([0, 1, 2, 3, 4])
    expect(most).toBe(2)
    expect(order).toEqual([0, 1, 2, 3, 4])
    expect(admission.waiting).toBe(0)
  })

  it('gives its place back when work fails', async () => {
    const admission = new Admission(limits({ maxConcurrent: 1, maxQueue: 0 }))
    await expect(admission.run(anybody, () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    )
    expect(await admission.run(anybody, async () => 1)).toBe(1)
  })

  it('answers in time, waiting or computing, and forgets who gave up', async () => {
    const admission = new Admission(limits({ maxConcurrent: 1, timeoutMs: 1000 }))
    let ran = 0
    const slow = admission.run(anybody, () => pause(60))
    const late = admission.run({ caller: undefined, timeoutMs: 10 }, async () => ran++)
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' })
    await slow
    await expect(
      admission.run({ caller: undefined, timeoutMs: 5 }, () => pause(40)),
    ).rejects.toMatchObject({ code: 'TIMEOUT' })
    // The place is held until the work is really over.
    expect(await admission.run(anybody, async () => 'next')).toBe('next')
    expect(ran).toBe(0)
  })
})

describe('token buckets', () => {
  it('allow bursts, then the rate, each client for itself', () => {
    const buckets = new TokenBuckets({ rate: 10, burst: 3 })
    expect([1, 2, 3].map(() => buckets.take('a', 0))).toEqual([0, 0, 0])
    expect(buckets.take('a', 0)).toBeCloseTo(100, 6)
    expect(buckets.take('b', 0)).toBe(0)
    expect(buckets.take('a', 100)).toBe(0)
    expect(buckets.take('a', 100)).toBeGreaterThan(0)
    // A clock that goes back gives nothing and takes nothing.
    expect(buckets.take('a', 50)).toBeGreaterThan(0)
  })

  it('remember a bounded number of clients', () => {
    const buckets = new TokenBuckets({ rate: 0.001, burst: 1 })
    expect(buckets.take('first', 0)).toBe(0)
    for (let i = 0; i < 10_000; i++) buckets.take(`c${i}`, 0)
    expect(buckets.take('first', 0)).toBe(0)
    expect(buckets.take('c9999', 0)).toBeGreaterThan(0)
  })
})

describe('redaction', () => {
  it('hides whole inputs and places of a matrix, and leaves what is computed alone', () => {
    const inputs = {
      name: { datatype: 'BYTES', shape: [2, 1], data: ['ann', 'bob'] },
      x: { datatype: 'FP32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      id: { datatype: 'INT64', shape: [2, 1], data: BigInt64Array.of(7n, 8n) },
    } as const
    const kept = redacted(inputs, new Set(['name', 'x[1]', 'id']), 2)
    expect(kept['name']?.data).toEqual(['', ''])
    expect(Array.from(kept['x']?.data as Float32Array)).toEqual([1, Number.NaN, 3, Number.NaN])
    expect(kept['id']?.data).toEqual(BigInt64Array.of(0n, 0n))
    expect(inputs.x.data[1]).toBe(2)
    expect(inputs.name.data[0]).toBe('ann')
  })
})
