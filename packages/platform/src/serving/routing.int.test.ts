import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addingModel, editor, type TestServing, testServing } from './test-serving.ts'

let test: TestServing
const agent = new Agent({ keepAlive: true })
beforeEach(async () => {
  test = await testServing()
})
afterEach(async () => {
  await test[Symbol.asyncDispose]()
})

interface Reply {
  readonly status: number
  readonly text: string
}

/** A small client that is faster than fetch, so that the load is on the server. */
async function send(path: string, body: string): Promise<Reply> {
  const outgoing = request(test.url + path, { method: 'POST', agent })
  outgoing.end(body)
  const [response] = await once(outgoing, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, text }
}

const question = (id: string, temp: number): string =>
  JSON.stringify({
    id,
    inputs: [
      { name: 'temp', datatype: 'FP32', shape: [1, 1], data: [temp] },
      { name: 'season', datatype: 'BYTES', shape: [1, 1], data: ['spring'] },
    ],
  })

it('loses no answer and gives no wrong one in 200 swaps under load', async () => {
  const models = await Promise.all(
    Array.from({ length: 4 }, (_, i) => test.register('bike', addingModel(1000 * (i + 1)))),
  )
  await test.deploy('hires', models[0]!)
  let swapping = true
  const answered = new Map<string, { version: number; value: number }>()
  const failures: Reply[] = []
  const client = async (name: number): Promise<void> => {
    for (let i = 0; swapping || i < 10; i++) {
      const id = `${name}-${i}`
      const reply = await send('/v2/models/hires/infer', question(id, i))
      if (reply.status !== 200) {
        failures.push(reply)
        continue
      }
      const { model_version, outputs } = JSON.parse(reply.text) as {
        model_version: string
        outputs: { data: number[] }[]
      }
      const version = Number(model_version)
      // Registered in any order: the version tells which amount its model adds.
      answered.set(id, { version, value: outputs[0]!.data[0]! - i })
    }
  }
  const clients = Array.from({ length: 8 }, (_, name) => client(name))
  for (let swap = 0; swap < 200; swap++) {
    const first = models[swap % 4]!
    const second = models[(swap + 1) % 4]!
    const arms = [
      { name: 'champion', model: first, mode: 'live' as const, weight: 0.5 },
      { name: 'canary', model: second, mode: 'live' as const, weight: 0.5 },
    ]
    await test.serving.setRoute(editor, 'hires', { arms }, `swap ${swap}`)
  }
  swapping = false
  await Promise.all(clients)

  expect(failures).toEqual([])
  const amounts = new Map<number, Set<number>>()
  for (const { version, value } of answered.values()) {
    amounts.set(version, (amounts.get(version) ?? new Set()).add(value))
  }
  // Each version always added its own amount: no answer of one model under the name of another.
  for (const seen of amounts.values()) expect(seen.size).toBe(1)
  expect(new Set([...amounts.values()].map((seen) => [...seen][0])).size).toBe(amounts.size)
  expect(amounts.size).toBe(4)

  const logged = await test.serving.predictions('hires', { from: 0, to: 1e15 })
  expect(logged.inferenceId.length).toBe(answered.size)
  for (const [row, id] of logged.inferenceId.entries()) {
    expect(logged.version[row]).toBe(answered.get(id)?.version)
  }
  expect((await test.serving.view('hires')).revision).toBe(201)
}, 60_000)

it('fails at most what a lost inference thread was computing, as unavailable, and recovers', async () => {
  await test.deploy('hires', await test.register('bike', addingModel(1)))
  let running = true
  const statuses = new Map<number, number>()
  const client = async (name: number): Promise<void> => {
    for (let i = 0; running; i++) {
      const { status } = await send('/v2/models/hires/infer', question(`${name}-${i}`, 1))
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  const clients = Array.from({ length: 8 }, (_, name) => client(name))
  for (let crash = 0; crash < 6; crash++) {
    await new Promise((resolve) => setTimeout(resolve, 150))
    test.runtime.crashThread(crash % 2)
  }
  await new Promise((resolve) => setTimeout(resolve, 500))
  running = false
  await Promise.all(clients)
  expect([...statuses.keys()].filter((status) => status !== 200 && status !== 503)).toEqual([])
  expect(statuses.get(200) ?? 0).toBeGreaterThan(100)
  expect((await send('/v2/models/hires/infer', question('after', 1))).status).toBe(200)
})

it('sheds shadow work under load rather than slow down answers', async () => {
  const one = await test.register('bike', addingModel(1))
  await test.deploy('hires', one)
  const arms = [
    { name: 'champion', model: one, mode: 'live' as const, weight: 1 },
    { name: 'watcher', model: one, mode: 'shadow' as const, weight: 1 },
  ]
  await test.serving.setRoute(editor, 'hires', { arms }, 'shadow')
  const replies = await Promise.all(
    Array.from({ length: 400 }, (_, i) => send('/v2/models/hires/infer', question(`s${i}`, i))),
  )
  expect(replies.every(({ status }) => status === 200)).toBe(true)
  await test.serving.settled()
  const stats = await test.serving.armStats('hires', { from: 0, to: 1e15 })
  const shed = (await test.serving.live('hires')).shed
  expect(stats.find(({ arm }) => arm === 'champion')?.requests).toBe(400)
  expect(stats.find(({ arm }) => arm === 'watcher')?.requests).toBe(400 - shed)
})

it('takes no model for another where two arms have the same version number', async () => {
  const bike = await test.register('bike', addingModel(1))
  const boat = await test.register('boat', addingModel(100))
  await test.deploy('hires', bike)
  const arm = (name: string, model: string, weight: number, mode: 'live' | 'shadow' = 'live') => ({
    name,
    model,
    weight,
    mode,
  })
  const ask = async (path: string) => {
    const { status, text } = await send(path, question('q', 1))
    return [status, JSON.parse(text)]
  }
  const pinned = '/v2/models/hires/versions/1/infer'
  const arms = [arm('champion', bike, 0.5), arm('boat', boat, 0.5)]
  await test.serving.setRoute(editor, 'hires', { arms }, 'two models')
  const refused = await ask(pinned)
  expect(refused).toEqual([409, { error: expect.stringContaining('bike (champion), boat (boat)') }])
  expect((await fetch(`${test.url}/v2/models/hires/versions/1`)).status).toBe(409)
  expect((await ask('/v2/models/hires/infer'))[0]).toBe(200)
  // A shadow is not what callers mean.
  const shadowed = [arm('champion', bike, 1), arm('boat', boat, 1, 'shadow')]
  await test.serving.setRoute(editor, 'hires', { arms: shadowed }, 'one of them in the shadow')
  expect(await ask(pinned)).toMatchObject([200, { outputs: [{ data: [2] }] }])
})
