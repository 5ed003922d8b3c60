import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addingModel, editor, type TestServing, testServing } from './test-serving.ts'

let test: TestServing
beforeEach(async () => {
  test = await testServing()
})
afterEach(async () => {
  await test[Symbol.asyncDispose]()
})

const amounts = [100, 200, 300]

/** Versions that can answer, then two that cannot: the file of one is gone, that of the other is no model. */
async function register(): Promise<readonly string[]> {
  const ready: string[] = []
  for (const amount of amounts) ready.push(await test.register('bike', addingModel(amount)))
  const { signature, ...known } = await test.models.resolve(ready[0]!)
  const unready = ['f'.repeat(64), null].map((modelDigest) =>
    test.models.add({ ...known, signature, modelDigest }),
  )
  return [...ready, ...unready]
}

async function ask(): Promise<{ readonly version: number; readonly amount: number }> {
  const answer = await test.post('/v2/models/hires/infer', {
    inputs: [
      { name: 'temp', datatype: 'FP32', shape: [1, 1], data: [1] },
      { name: 'season', datatype: 'BYTES', shape: [1, 1], data: ['spring'] },
    ],
  })
  expect(answer.status).toBe(200)
  const body = (await answer.json()) as { model_version: string; outputs: { data: number[] }[] }
  return { version: Number(body.model_version), amount: body.outputs[0]!.data[0]! - 1 }
}

it('no arm answers with a version that is not ready, whatever routes are asked for', async () => {
  const versions = await register()
  await test.deploy('hires', versions[0]!)
  let inForce: readonly number[] = [1]
  const step = fc.record({
    first: fc.nat(versions.length - 1),
    second: fc.option(fc.nat(versions.length - 1), { nil: undefined }),
  })
  let refused = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
      for (const { first, second } of steps) {
        const chosen = second === undefined ? [first] : [first, second]
        const arms = chosen.map((index, i) => ({
          name: `arm-${i}`,
          model: versions[index]!,
          mode: 'live' as const,
          weight: 1 / chosen.length,
        }))
        const isReady = chosen.every((index) => index < amounts.length)
        const asking = Promise.all([ask(), ask()])
        const set = await test.serving.setRoute(editor, 'hires', { arms }, 'a step').then(
          () => true,
          () => false,
        )
        expect(set).toBe(isReady)
        if (!set) refused++
        const before = inForce
        if (set) inForce = chosen.map((index) => index + 1)
        for (const { version, amount } of await asking) {
          expect([...before, ...inForce]).toContain(version)
          expect(amount).toBe(amounts[version - 1])
        }
        const { version, amount } = await ask()
        expect(inForce).toContain(version)
        expect(amount).toBe(amounts[version - 1])
      }
    }),
    { numRuns: 30, seed: 7 },
  )
  expect(refused).toBeGreaterThan(10)
})
