import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { interpreter, listOf, numbers, plainModel, testPython } from './test-python.ts'

const hasNumpy = (() => {
  try {
    execFileSync(interpreter, ['-c', 'import numpy'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()
if (process.env['KAIZEN_REQUIRE_SERVICES'] === '1' && !hasNumpy) {
  throw new Error(`numpy cannot be imported by ${interpreter}`)
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

describe.skipIf(!hasNumpy)('requests that wait for a Python process', () => {
  it('share runs once the model was seen to treat rows alone, and each has its own answer', async () => {
    await using python = await testPython({ processes: 2 })
    const body = 'time.sleep(0.001)\nreturn data * 2'
    const model = await python.runtime.load(await python.pack(plainModel(body)))
    const ran: number[] = []
    const ask = (i: number) =>
      model.run(numbers(i, i + 0.5), undefined, { onRan: ({ requests }) => ran.push(requests) })
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(range(40).map(ask))
      expect(answers.map(({ predictions }) => listOf(predictions))).toEqual(
        range(40).map((i) => [2 * i, 2 * i + 1]),
      )
    }
    expect(ran).toHaveLength(800)
    expect(Math.max(...ran)).toBeGreaterThan(8)
    const { runs, requests, rows, queued } = model.work()
    expect({ requests, rows, queued }).toEqual({ requests: 800, rows: 1600, queued: 0 })
    expect(runs).toBeLessThan(500)
  })

  it('fail alone where the model refuses one of them, or ends on it', async () => {
    await using python = await testPython()
    const body = `if 13 in data: raise ValueError('no thirteen')
if 99 in data: os._exit(7)
return data`
    const model = await python.runtime.load(await python.pack(plainModel(body)))
    for (let round = 0; round < 10; round++) {
      await Promise.all(range(5).map((i) => model.run(numbers(i))))
    }
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.allSettled(range(20).map((i) => model.run(numbers(i))))
      outcomes.forEach((outcome, i) => {
        if (outcome.status === 'fulfilled')
          expect(listOf(outcome.value['predictions'])).toEqual([i])
        else expect(outcome.reason).toMatchObject({ code: 'INVALID_TENSOR' })
        expect(outcome.status).toBe(i === 13 ? 'rejected' : 'fulfilled')
      })
    }
    expect(model.work().runs).toBeLessThan(model.work().requests)
    const asked = [...range(20), 99]
    const outcomes = await Promise.allSettled(asked.map((i) => model.run(numbers(i))))
    outcomes.forEach((outcome, i) => {
      if (outcome.status === 'fulfilled')
        expect(listOf(outcome.value['predictions'])).toEqual([asked[i]])
      else expect(['UNAVAILABLE', i === 13 ? 'INVALID_TENSOR' : '']).toContain(outcome.reason.code)
    })
    expect(outcomes.at(-1)?.status).toBe('rejected')
  })

  it('are computed alone by a model that looks at its rows together', async () => {
    await using python = await testPython()
    const model = await python.runtime.load(
      await python.pack(plainModel('time.sleep(0.001)\nreturn data - data.mean()')),
    )
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(range(20).map((i) => model.run(numbers(i + 1, 3 * i + 3))))
      expect(answers.map(({ predictions }) => listOf(predictions))).toEqual(
        range(20).map((i) => [-i - 1, i + 1]),
      )
    }
    expect(model.work()).toMatchObject({ runs: 200, requests: 200 })
  })

  it('are computed alone where the model or the caller says so, and where rows take long', async () => {
    await using python = await testPython()
    const quick = plainModel('return data')
    const declared = {
      ...quick,
      MLmodel: `${quick['MLmodel']}metadata:\n  kaizen_batching: false\n`,
    }
    const slow = plainModel('time.sleep(0.03 * len(data))\nreturn data')
    for (const [files, batching] of [
      [declared, undefined],
      [quick, { maxRows: 1, maxDelayMs: 0 }],
      [slow, undefined],
    ] as const) {
      const model = await python.runtime.load(await python.pack(files))
      for (let round = 0; round < 2; round++) {
        await Promise.all(range(30).map((i) => model.run(numbers(i), undefined, { batching })))
      }
      expect(model.work()).toMatchObject({ runs: 60, requests: 60 })
      await model.close()
    }
  })

  it('go on when the model is let go of in the middle', async () => {
    await using python = await testPython()
    const body = 'time.sleep(0.002)\nreturn data'
    const model = await python.runtime.load(await python.pack(plainModel(body)))
    const asked = range(60).map((i) => model.run(numbers(i)))
    await model.close()
    const answers = await Promise.all(asked)
    expect(answers.map(({ predictions }) => listOf(predictions)[0])).toEqual(range(60))
  })
})
