import { describe, expect, it } from 'vitest'
import { allowed } from './differential/allowed.ts'
import { allowedWithUsers } from './differential/allowed-users.ts'
import { type Difference, differences } from './differential/compare.ts'
import { comparePair, compareWithUsers } from './differential/pair.ts'
import { v2 } from './differential/step.ts'

const seed = 1
const searches = 60

// Each pair of servers waits most of its time for MLflow, so the pairs run side by side.
describe.concurrent('what Kaizen answers beside the real MLflow server', () => {
  it('differs only in what is on the list, and the list holds nothing else', async () => {
    const { requests, unexplained, used } = await comparePair({ seed, searches })
    console.log(
      `differential: ${requests} requests of seed ${seed}, ${used.size} kinds of allowed differences`,
    )
    expect(unexplained).toEqual([])
    expect(allowed.map(({ reason }) => reason).filter((reason) => !used.has(reason))).toEqual([])
    expect(requests).toBeGreaterThan(600)
  })

  it('does so with users, permissions, roles and workspaces too', async () => {
    const { requests, unexplained, used } = await compareWithUsers({ seed, searches })
    console.log(`differential with users: ${requests} requests of seed ${seed}`)
    expect(unexplained).toEqual([])
    const unused = allowedWithUsers.filter(({ reason }) => !used.has(reason))
    expect(unused.map(({ reason }) => reason)).toEqual([])
    expect(requests).toBeGreaterThan(150)
  })

  it('is compared in status, code and every part of the body', () => {
    const step = { method: 'GET', path: `${v2}/runs/get` }
    const places = (mlflow: unknown, kaizen: unknown): readonly Difference['place'][] =>
      differences(step, { status: 200, body: mlflow }, { status: 200, body: kaizen }).map(
        ({ place }) => place,
      )
    expect(places({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] })).toEqual(['a[].b'])
    expect(places({ a: [1, 2] }, { a: [2, 1] })).toEqual(['a[]', 'a[]'])
    expect(places({ a: 1 }, { a: 1, b: 1 })).toEqual(['b'])
    expect(
      places({ tags: [{ key: 'a' }, { key: 'b' }] }, { tags: [{ key: 'b' }, { key: 'a' }] }),
    ).toEqual([])
    const [status] = differences(step, { status: 400, body: {} }, { status: 404, body: {} })
    expect(status?.place).toBe('status')
    const codes = [{ error_code: 'A' }, { error_code: 'B' }] as const
    const [code] = differences(
      step,
      { status: 400, body: codes[0] },
      { status: 400, body: codes[1] },
    )
    expect(code?.place).toBe('error_code')
  })
})
