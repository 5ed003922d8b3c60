import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { LoadedModel } from '../model.ts'
import { interpreter, listOf, numbers, plainModel, testPython } from './test-python.ts'

const has = (module: string): boolean => {
  try {
    execFileSync(interpreter, ['-c', `import ${module}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
if (process.env['KAIZEN_REQUIRE_SERVICES'] === '1' && !(has('mlflow') && has('sklearn'))) {
  throw new Error(`mlflow and scikit-learn cannot be imported by ${interpreter}`)
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Asks until there is an answer again, as a client that takes 503 for what it is. */
async function answerOf(model: LoadedModel, value: number): Promise<unknown> {
  for (let i = 0; i < 100; i++) {
    const answer = await model.run(numbers(value)).catch(() => undefined)
    if (answer) return listOf(answer['predictions'])[0]
    await pause(50)
  }
  throw new Error('it never answered again')
}

describe.skipIf(!has('numpy'))('a model in a Python process', () => {
  it('answers what the model does, many at once and each its own', async () => {
    await using python = await testPython({ processes: 2 })
    const model = await python.runtime.load(await python.pack(plainModel('return data * 2')))
    expect(model.signature).toEqual({
      inputs: [{ name: 'inputs', datatype: 'FP64', shape: [-1] }],
      outputs: [{ name: 'predictions', datatype: 'FP64', shape: [-1] }],
    })
    expect(model.processIds).toHaveLength(2)
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => model.run(numbers(i, i + 0.5))),
    )
    expect(answers.map(({ predictions }) => listOf(predictions))).toEqual(
      Array.from({ length: 200 }, (_, i) => [2 * i, 2 * i + 1]),
    )
    expect((await model.run(numbers()))['predictions']?.shape).toEqual([0])
  })

  it('keeps what is printed out of the answers, and a megabyte of it out of the log', async () => {
    await using python = await testPython()
    const body = `print('x' * 1_000_000)
os.write(1, b'raw\\n' * 1000)
sys.stderr.write('seen on stderr\\n')
return data`
    const model = await python.runtime.load(await python.pack(plainModel(body)))
    for (let i = 0; i < 5; i++)
      expect(listOf((await model.run(numbers(i)))['predictions'])).toEqual([i])
    await model.close()
    expect(python.lines.length).toBeGreaterThan(0)
    expect(python.lines.join('\n').length).toBeLessThan(500_000)
  })

  it('fails what was inside when the model crashes, and starts it again', async () => {
    await using python = await testPython()
    const body = `if data[0] == 13: os._exit(7)
if data[0] == 14: raise ValueError('no fourteen')
return data`
    const model = await python.runtime.load(await python.pack(plainModel(body)))
    await expect(model.run(numbers(14))).rejects.toMatchObject({
      code: 'INVALID_TENSOR',
      message: expect.stringContaining('no fourteen'),
    })
    const [before] = model.processIds
    await expect(model.run(numbers(13))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('code 7'),
    })
    await expect(model.run(numbers(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await answerOf(model, 5)).toBe(5)
    expect(model.processIds[0]).not.toBe(before)
    expect(python.lines.join()).toContain('the process ended: it ended with code 7')
  })

  it('gives no request the answer of another while processes are killed', async () => {
    await using python = await testPython({ processes: 2 })
    const body = 'time.sleep(0.002)\nreturn data + 1000'
    const model = await python.runtime.load(await python.pack(plainModel(body)))
    let answered = 0
    let failed = 0
    const ask = async (i: number): Promise<void> => {
      await pause(i * 4)
      const answer = await model.run(numbers(i)).catch(() => undefined)
      if (!answer) failed++
      else {
        answered++
        expect(listOf(answer['predictions'])).toEqual([i + 1000])
      }
    }
    const asked = Array.from({ length: 300 }, (_, i) => ask(i))
    await pause(300)
    for (const pid of model.processIds) process.kill(pid, 'SIGKILL')
    await Promise.all(asked)
    expect(failed).toBeGreaterThan(0)
    expect(answered).toBeGreaterThan(100)
    expect(await answerOf(model, 5)).toBe(1005)
  })

  it('ends a process that hangs, and the requests behind it go on with the next', async () => {
    await using python = await testPython({ runTimeoutMs: 400 })
    const body = `if data[0] == 13: time.sleep(3600)
return data`
    const model = await python.runtime.load(await python.pack(plainModel(body)))
    const [hung] = model.processIds
    await expect(model.run(numbers(13))).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(await answerOf(model, 5)).toBe(5)
    expect(isAlive(hung!)).toBe(false)
  })

  it('notices by its pings that an idle process has stopped', async () => {
    await using python = await testPython({ pingEveryMs: 150 })
    const model = await python.runtime.load(await python.pack(plainModel('return data')))
    const [stopped] = model.processIds
    process.kill(stopped!, 'SIGSTOP')
    await pause(600)
    expect(await answerOf(model, 5)).toBe(5)
    expect(isAlive(stopped!)).toBe(false)
  })

  it('refuses answers that the signature does not allow', async () => {
    await using python = await testPython()
    const body = `return {1: data[:1], 2: ['a', 'b'], 3: [[1], [1, 2]], 4: None, 5: data.reshape(-1, 1)}[int(data[0])]`
    const model = await python.runtime.load(await python.pack(plainModel(body)))
    for (const wrong of [1, 2, 3, 4]) {
      await expect(model.run(numbers(wrong, 0)), `${wrong}`).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('signature'),
      })
    }
    // A column is as good as a list.
    expect(listOf((await model.run(numbers(5, 6)))['predictions'])).toEqual([5, 6])
  })

  it('sheds what it cannot hold', async () => {
    await using python = await testPython({ maxPending: 2 })
    const body = 'time.sleep(0.2)\nreturn data'
    const model = await python.runtime.load(await python.pack(plainModel(body)))
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map((i) => model.run(numbers(i))))
    const shed = outcomes.filter(
      (outcome) => outcome.status === 'rejected' && outcome.reason.code === 'OVERLOADED',
    )
    expect(shed).toHaveLength(2)
  })

  it('says why a model does not load', async () => {
    await using python = await testPython({ startTimeoutMs: 5000 })
    const broken = { ...plainModel('return data'), 'code/plain_model.py': 'import not_there' }
    await expect(python.runtime.load(await python.pack(broken))).rejects.toMatchObject({
      code: 'INVALID_MODEL',
      message: expect.stringContaining('not_there'),
    })
    const dying = { ...plainModel('return data'), 'code/plain_model.py': 'import os; os.abort()' }
    await expect(python.runtime.load(await python.pack(dying))).rejects.toMatchObject({
      code: 'INVALID_MODEL',
      message: expect.stringContaining('SIGABRT'),
    })
    const needy = plainModel('return data', { requirements: 'no-such-package==1.0\n' })
    await expect(python.runtime.load(await python.pack(needy))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('no-such-package==1.0: not installed'),
    })
    await using off = await testPython({ mode: 'off' })
    await expect(off.runtime.load(await off.pack(plainModel('return data')))).rejects.toMatchObject(
      {
        code: 'UNSUPPORTED',
      },
    )
  })

  it('keeps the files of a model in a folder that goes with it', async () => {
    await using python = await testPython()
    const body = 'return data + len(open(self.path).read())'
    const model = await python.runtime.load(await python.pack(plainModel(body)))
    expect(await answerOf(model, 1)).toBe(5)
    const [pid] = model.processIds
    const outside = python.pack({ ...plainModel('return data'), '../escaped': 'x' })
    await expect(python.runtime.load(await outside)).rejects.toMatchObject({
      code: 'INVALID_MODEL',
    })
    expect(existsSync(join(python.folder, 'python', 'models', 'escaped'))).toBe(false)
    await model.close()
    expect(isAlive(pid!)).toBe(false)
  })
})

describe.skipIf(!has('numpy'))('a Python model that yields', () => {
  const yielding = (body: string) => {
    const files = plainModel('return data')
    return {
      ...files,
      'code/plain_model.py': files['code/plain_model.py']!.replace(
        'def _load_pyfunc',
        `    def predict_stream(self, data):\n${body}\ndef _load_pyfunc`,
      ),
    }
  }

  it('is asked for one part after the other, and has a process for each caller', async () => {
    await using python = await testPython({ processes: 2 })
    const body = '        for i in range(5): yield data + i'
    const model = await python.runtime.load(await python.pack(yielding(body)))
    const parts = async (value: number): Promise<unknown[]> =>
      Array.fromAsync(model.stream!(numbers(value)), ({ predictions }) => listOf(predictions)[0])
    expect(await Promise.all([parts(0), parts(10), parts(20)])).toEqual([
      [0, 1, 2, 3, 4],
      [10, 11, 12, 13, 14],
      [20, 21, 22, 23, 24],
    ])
    expect(listOf((await model.run(numbers(3)))['predictions'])).toEqual([3])
  })

  it('goes on with the next caller after one has left in the middle, or has killed it', async () => {
    await using python = await testPython()
    const body = `        i = 0
        while True:
            if data[0] == 13 and i == 1: os._exit(7)
            yield data + i
            i += 1`
    const model = await python.runtime.load(await python.pack(yielding(body)))
    for (let round = 0; round < 3; round++) {
      for await (const { predictions } of model.stream!(numbers(round))) {
        if (Number(listOf(predictions)[0]) >= round + 2) break
      }
    }
    const killed = Array.fromAsync(model.stream!(numbers(13)))
    await expect(killed).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await answerOf(model, 5)).toBe(5)
    expect((await python.runtime.load(await python.pack(plainModel('return data')))).stream).toBe(
      undefined,
    )
  })
})
