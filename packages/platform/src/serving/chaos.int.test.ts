import { request } from 'node:http'
import { expect, it } from 'vitest'
import { addingModel, editor, type TestServing, testServing } from './test-serving.ts'
import { slowModel } from './test-slow-model.ts'

const inputs = (temp: number) => [
  { name: 'temp', datatype: 'FP32', shape: [1, 1], data: [temp] },
  { name: 'season', datatype: 'BYTES', shape: [1, 1], data: ['spring'] },
]

interface Outcome {
  readonly status: number
  readonly right: boolean
  readonly retryAfter: boolean
}

async function ask(test: TestServing, temp: number, amount: number): Promise<Outcome> {
  const response = await test.post('/v2/models/hires/infer', {
    id: `t${temp}`,
    inputs: inputs(temp),
  })
  const body = (await response.json()) as { outputs?: { data: number[] }[]; error?: string }
  const right =
    response.status === 200
      ? body.outputs?.[0]?.data[0] === temp + amount
      : typeof body.error === 'string'
  return { status: response.status, right, retryAfter: response.headers.has('retry-after') }
}

it('answers right or says that it cannot while inference threads are killed under load', async () => {
  await using test = await testServing()
  await test.deploy('hires', await test.register('bike', slowModel()))
  const outcomes: Outcome[] = []
  let next = 0
  let killing = true
  const client = async (): Promise<void> => {
    while (killing) {
      outcomes.push(await ask(test, next++, 0))
      if (outcomes.at(-1)?.status !== 200) await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const clients = Array.from({ length: 12 }, client)
  for (let kill = 0; kill < 8; kill++) {
    await new Promise((resolve) => setTimeout(resolve, 120))
    test.runtime.crashThread(kill % 2)
  }
  killing = false
  await Promise.all(clients)
  const failed = outcomes.filter(({ status }) => status !== 200)
  expect(outcomes.every(({ right }) => right)).toBe(true)
  expect(failed.length).toBeGreaterThan(0)
  expect(failed.every(({ status, retryAfter }) => status === 503 && retryAfter)).toBe(true)
  // The first shared runs are held against runs alone after their callers were answered.
  await expect.poll(() => test.runtime.pending, { timeout: 20_000 }).toBe(0)

  // It recovers by itself, and what failed is counted: answers and failures are all there are.
  await expect.poll(async () => (await ask(test, 1e6, 0)).status, { timeout: 20_000 }).toBe(200)
  const { arms } = await test.serving.view('hires')
  expect(arms[0]!.errors).toBeGreaterThanOrEqual(failed.length)
  expect(arms[0]!.requests).toBeGreaterThan(outcomes.length)
  expect(test.faults).toEqual([])
})

it('lets go of clients that hang up, and answers those that stay', async () => {
  await using test = await testServing()
  await test.deploy('hires', await test.register('bike', slowModel()))
  const hangUp = (afterMs: number, bytes: number): Promise<void> =>
    new Promise((resolve) => {
      const body = JSON.stringify({ inputs: inputs(1) })
      const call = request(`${test.url}/v2/models/hires/infer`, {
        method: 'POST',
        headers: { 'content-length': body.length },
      })
      call.on('error', () => resolve())
      call.on('close', () => resolve())
      call.write(body.slice(0, bytes))
      setTimeout(() => call.destroy(), afterMs)
    })
  const gone = Array.from({ length: 150 }, (_, i) => hangUp(i % 40, i % 3 === 0 ? 20 : 1e6))
  const stayed = Array.from({ length: 30 }, (_, i) => ask(test, i, 0))
  await Promise.all(gone)
  expect((await Promise.all(stayed)).every(({ status, right }) => status === 200 && right)).toBe(
    true,
  )
  await expect.poll(() => test.runtime.pending, { timeout: 20_000 }).toBe(0)
  expect(test.faults).toEqual([])
})

it('swaps versions under load without a lost or a mixed answer', async () => {
  await using test = await testServing()
  const versions = [
    await test.register('bike', addingModel(1)),
    await test.register('bike', addingModel(2)),
  ]
  await test.deploy('hires', versions[0]!)
  let running = true
  let answered = 0
  const client = async (name: number): Promise<void> => {
    while (running) {
      const response = await test.post('/v2/models/hires/infer', { inputs: inputs(name) })
      expect(response.status).toBe(200)
      const answer = (await response.json()) as {
        model_version: string
        outputs: { data: number[] }[]
      }
      expect(answer.outputs[0]?.data[0]).toBe(name + Number(answer.model_version))
      answered++
    }
  }
  const clients = Array.from({ length: 16 }, (_, name) => client(name))
  for (let swap = 0; swap < 6; swap++) {
    const model = versions[(swap + 1) % 2]!
    const arms = [{ name: 'champion', model, mode: 'live' as const, weight: 1 }]
    await test.serving.setRoute({ name: 'user:test', role: 'editor' }, 'hires', { arms }, 'swap')
  }
  running = false
  await Promise.all(clients)
  expect(answered).toBeGreaterThan(100)
  const logged = await test.serving.predictions('hires', { from: 0, to: 1e15 })
  expect(logged.inferenceId.length).toBe(answered)
})

it('keeps to limits and memory while a slow model is asked for more than it can do, and answers the others', async () => {
  await using test = await testServing()
  await test.deploy('quick', await test.register('quick', addingModel(1)))
  await test.deploy('hires', await test.register('bike', slowModel(16)))
  const limits = { maxConcurrent: 2, maxQueue: 8, timeoutMs: 400, clientBurst: 1 }
  await test.serving.configure(editor, 'hires', { limits })
  const quick = async (): Promise<boolean> => {
    const answer = await test.post('/v2/models/quick/infer', { inputs: inputs(7) })
    const { outputs } = (await answer.json()) as { outputs: { data: number[] }[] }
    return answer.status === 200 && outputs[0]?.data[0] === 8
  }
  const outcomes: Outcome[] = []
  let flooding = true
  // Each holds a text of 100 kB: what waits without bounds would be seen.
  const heavy = [inputs(1)[0], { ...inputs(1)[1], data: ['x'.repeat(100_000)] }]
  const flood = async (): Promise<void> => {
    while (flooding) {
      const answer = await test.post('/v2/models/hires/infer', { inputs: heavy })
      const body = (await answer.json()) as { outputs?: { data: number[] }[]; error?: string }
      const right =
        answer.status === 200
          ? body.outputs?.[0]?.data[0] === 1
          : answer.status === 503 && typeof body.error === 'string'
      outcomes.push({ status: answer.status, right, retryAfter: answer.headers.has('retry-after') })
      // Clients that come again at once would keep this process, which is the server's too, from all else.
      if (answer.status !== 200) await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const floods = Array.from({ length: 60 }, flood)
  await new Promise((resolve) => setTimeout(resolve, 300))
  const before = process.memoryUsage().rss
  const answered: boolean[] = []
  const until = performance.now() + 2500
  while (performance.now() < until) answered.push(await quick())
  expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000)
  flooding = false
  await Promise.all(floods)
  expect(outcomes.filter(({ right }) => !right)).toEqual([])
  const refused = outcomes.filter(({ status }) => status === 503)
  expect(refused.length).toBeGreaterThan(20)
  expect(refused.every(({ retryAfter }) => retryAfter)).toBe(true)
  expect(answered.length).toBeGreaterThan(10)
  expect(answered.every(Boolean)).toBe(true)
  const { refusals } = (await test.serving.live('hires')).entrance
  expect((refusals.get('overload') ?? 0) + (refusals.get('timeout') ?? 0)).toBe(refused.length)
  // It recovers by itself; how long one answer takes on a busy machine is not the point here.
  await test.serving.configure(editor, 'hires', {})
  await expect.poll(async () => (await ask(test, 5, 0)).status, { timeout: 20_000 }).toBe(200)
  await expect.poll(() => test.runtime.pending, { timeout: 20_000 }).toBe(0)
  expect(test.faults).toEqual([])
})
