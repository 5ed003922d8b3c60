import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BanditView, Comparison, RouterSpec } from '@kaizen/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addingModel, editor, TestModels, type TestServing, testServing } from '../test-serving.ts'

let test: TestServing
let models: readonly string[]
beforeEach(async () => {
  test = await testServing()
  models = [
    await test.register('bike', addingModel(1)),
    await test.register('bike', addingModel(2)),
    await test.register('bike', addingModel(3)),
  ]
})
afterEach(async () => {
  await test[Symbol.asyncDispose]()
})

const arms = (...weights: number[]) =>
  weights.map(
    (weight, i) => ({ name: `arm-${i}`, model: models[i]!, mode: 'live', weight }) as const,
  )

async function put(path: string, body: unknown): Promise<Response> {
  return fetch(test.url + path, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}
const setRouter = async (router: unknown, weights = [0.5, 0.5]): Promise<Response> =>
  put('/api/v1/endpoints/hires/route', { arms: arms(...weights), router, reason: 'try' })

async function get<T>(path: string): Promise<T> {
  const response = await fetch(test.url + path)
  expect(response.status, await response.clone().text()).toBe(200)
  return (await response.json()) as T
}

async function ask(id: string, headers: Record<string, string> = {}, temp = 1): Promise<string> {
  const response = await test.post(
    '/v2/models/hires/infer',
    {
      id,
      inputs: [
        { name: 'temp', datatype: 'FP32', shape: [1, 1], data: [temp] },
        { name: 'season', datatype: 'BYTES', shape: [1, 1], data: ['spring'] },
      ],
    },
    headers,
  )
  expect(response.status).toBe(200)
  return response.headers.get('x-kaizen-arm')!
}

const feedback = (items: readonly { inferenceId: string; value: number }[]) =>
  test.serving.feedback(editor, 'hires', items)

describe('A/B', () => {
  const router = {
    kind: 'ab',
    baseline: 'arm-0',
    reward: { kind: 'value' },
    minUnits: 20,
  }

  it('sticks to the unit, logs propensity, unit and trace, and names the better arm', async () => {
    await test.deploy('hires', models[0]!)
    expect((await setRouter(router)).status).toBe(200)
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const armOf = new Map<string, string>()
    const labels: { inferenceId: string; value: number }[] = []
    for (let i = 0; i < 400; i++) {
      const unit = `customer-${i % 200}`
      const arm = await ask(`p${i}`, { 'x-kaizen-unit-id': unit, traceparent })
      expect(armOf.get(unit) ?? arm).toBe(arm)
      armOf.set(unit, arm)
      labels.push({ inferenceId: `p${i}`, value: (arm === 'arm-1' ? 1 : 0) + (i % 7) / 10 })
    }
    await feedback(labels)
    const result = await get<Comparison>('/api/v1/endpoints/hires/comparison')
    expect(result.arms.map(({ units }) => units).reduce((a, b) => a + b)).toBe(200)
    expect(result.contrasts).toMatchObject([{ arm: 'arm-1', verdict: 'better' }])
    expect(result.contrasts[0]!.difference).toBeCloseTo(1, 0)
    expect(result.contrasts[0]!.pValue).toBeLessThan(0.001)
    expect(result.sampleRatio).toMatchObject({ mismatch: false })
    const { items } = await get<{ items: Record<string, unknown>[] }>(
      '/api/v1/endpoints/hires/predictions?inferenceId=p7',
    )
    expect(items).toMatchObject([
      { propensity: 0.5, unit: 'customer-7', traceId: traceparent.slice(3, 35) },
    ])
  })

  it('notices a split that is not the one asked for', async () => {
    await test.deploy('hires', models[0]!)
    await setRouter({ ...router, salt: 'x' }, [0.5, 0.5])
    // Only units of one arm get through, as when its pages crash before they ask.
    let kept = 0
    for (let i = 0; kept < 60; i++) if ((await ask(`q${i}`)) === 'arm-0') kept++
    const skewed = await get<Comparison>('/api/v1/endpoints/hires/comparison?baseline=arm-1')
    expect(skewed.sampleRatio?.mismatch).toBe(false)
    await setRouter({ ...router, salt: 'x' }, [0.05, 0.95])
    const reply = await get<Comparison>('/api/v1/endpoints/hires/comparison?from=0')
    expect(reply.sampleRatio?.mismatch).toBe(true)
  })

  it('refuses what it does not know with 400', async () => {
    await test.deploy('hires', models[0]!)
    for (const bad of [
      { ...router, baseline: 'nobody' },
      { ...router, alpha: 0 },
      { kind: 'bandit', reward: { kind: 'value' }, exploration: 2 },
      { kind: 'bandit', model: 'linear', reward: { kind: 'value' } },
      { kind: 'rules', rules: [{ header: 'a', cookie: 'b', arm: 'arm-0' }] },
      { kind: 'random' },
    ]) {
      expect((await setRouter(bad)).status).toBe(400)
    }
    expect((await fetch(`${test.url}/api/v1/endpoints/hires/comparison?baseline=x`)).status).toBe(
      400,
    )
    expect((await fetch(`${test.url}/api/v1/endpoints/hires/bandit`)).status).toBe(409)
  })
})

it('routes by header and cookie over every protocol', async () => {
  await test.deploy('hires', models[0]!)
  await setRouter(
    {
      kind: 'rules',
      rules: [
        { header: 'x-tier', equals: ['gold'], arm: 'arm-1' },
        { cookie: 'beta', arm: 'arm-2' },
      ],
    },
    [1, 0, 0],
  )
  expect(await ask('a')).toBe('arm-0')
  expect(await ask('b', { 'x-tier': 'gold' })).toBe('arm-1')
  expect(await ask('c', { cookie: 'x=1; beta=yes' })).toBe('arm-2')
  const scoring = await test.post(
    '/endpoints/hires/invocations',
    { dataframe_records: [{ temp: 1, season: 'spring' }] },
    { 'x-tier': 'gold', 'content-type': 'application/json' },
  )
  expect(scoring.headers.get('x-kaizen-arm')).toBe('arm-1')
  const unit = await test.post(
    '/v2/models/hires/infer',
    {},
    { 'x-kaizen-unit-id': 'u'.repeat(300) },
  )
  expect(unit.status).toBe(400)
})

describe('bandit', () => {
  const router: RouterSpec = {
    kind: 'bandit',
    policy: 'thompson',
    model: 'beta',
    reward: { kind: 'value', goal: 'maximise' },
    salt: '',
    attributionWindow: '1h',
    unrewarded: 'ignore',
    exploration: 0.1,
    features: [],
  }
  const rates = [0.1, 0.8]

  /** Asks, and rewards what was asked by the arm that answered. */
  async function play(from: number, count: number): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>()
    const items = []
    for (let i = from; i < from + count; i++) {
      const arm = await ask(`b${i}`)
      counts.set(arm, (counts.get(arm) ?? 0) + 1)
      const rate = rates[Number(arm.slice(-1))]!
      items.push({ inferenceId: `b${i}`, value: (i * 0.618034) % 1 < rate ? 1 : 0 })
    }
    await feedback(items)
    return counts
  }

  it('learns from feedback, corrects exactly, and goes on when its route is set again', async () => {
    await test.deploy('hires', models[0]!)
    await setRouter(router)
    await play(0, 120)
    expect(await test.serving.tick(test.clock.now())).toBe(true)
    expect(await test.serving.tick(test.clock.now())).toBe(false)
    const counts = await play(1000, 120)
    expect(counts.get('arm-1')).toBeGreaterThan(90)
    const view = await get<BanditView>('/api/v1/endpoints/hires/bandit')
    expect(view.arms[1]!.share).toBeCloseTo(0.95, 3)
    expect(view.arms.reduce((sum, { rewards }) => sum + rewards, 0)).toBe(240)
    const total = (v: BanditView) =>
      v.arms.reduce((sum, arm) => sum + arm.rewards * (arm.meanReward ?? 0), 0)

    const { items } = await get<{ items: { inferenceId: string; actual: number }[] }>(
      '/api/v1/endpoints/hires/predictions?limit=1',
    )
    const { inferenceId, actual } = items[0]!
    await feedback([{ inferenceId, value: 1 - actual }])
    const after = await get<BanditView>('/api/v1/endpoints/hires/bandit')
    expect(total(after) - total(view)).toBeCloseTo(1 - 2 * actual, 9)
    expect(after.arms.reduce((sum, { rewards }) => sum + rewards, 0)).toBe(240)
    await feedback([{ inferenceId, value: 1 - actual }])
    expect(await get<BanditView>('/api/v1/endpoints/hires/bandit')).toEqual(after)

    // The same arms set anew go on with what they have earned.
    await setRouter({ ...router, exploration: 0.2 })
    const again = await get<BanditView>('/api/v1/endpoints/hires/bandit')
    expect(again.arms[1]!.share).toBeCloseTo(0.9, 3)
    expect(total(again)).toBeCloseTo(total(after), 9)
  })

  it('goes on with what it has learnt after a restart', async () => {
    const folder = join(test.folder, 'again')
    await mkdir(folder)
    const registered = new TestModels()
    const share = async ({ serving }: TestServing) =>
      (await serving.experiments.bandit('hires')).arms[1]?.share
    let learnt: number | null | undefined
    {
      await using first = await testServing({ folder, models: registered })
      const own = [
        await first.register('bike', addingModel(1)),
        await first.register('bike', addingModel(2)),
      ]
      await first.deploy('hires', own[0]!)
      const live = own.map(
        (model, i) => ({ name: `arm-${i}`, model, mode: 'live', weight: 0.5 }) as const,
      )
      await first.serving.setRoute(editor, 'hires', { arms: live, router }, 'bandit')
      expect(await share(first)).toBeCloseTo(0.5, 6)
      const items = []
      for (let i = 0; i < 60; i++) {
        const body = {
          dataframe_records: [{ temp: 1, season: '' }],
          kaizen: { inference_id: `r${i}` },
        }
        const answer = await first.post('/endpoints/hires/invocations', body, {
          'content-type': 'application/json',
        })
        const won = answer.headers.get('x-kaizen-arm') === 'arm-1'
        items.push({ inferenceId: `r${i}`, value: won ? 1 : 0 })
      }
      await first.serving.feedback(editor, 'hires', items)
      await first.serving.tick(first.clock.now())
      learnt = await share(first)
      expect(learnt).toBeGreaterThan(0.9)
    }
    await using second = await testServing({ folder, models: registered })
    expect(await share(second)).toBe(learnt)
  })

  it('learns what has not come as a zero when its window is over, and not before', async () => {
    await test.deploy('hires', models[0]!)
    await setRouter({ ...router, unrewarded: 'zero' })
    await test.serving.tick(test.clock.now())
    for (let i = 0; i < 40; i++) await ask(`z${i}`)
    await feedback([{ inferenceId: 'z0', value: 1 }])
    await test.serving.tick(test.clock.now())
    const rewards = async () => {
      const { arms } = await get<BanditView>('/api/v1/endpoints/hires/bandit')
      return {
        count: arms.reduce((sum, arm) => sum + arm.rewards, 0),
        total: arms.reduce((sum, arm) => sum + arm.rewards * (arm.meanReward ?? 0), 0),
      }
    }
    expect(await rewards()).toEqual({ count: 0, total: 0 })
    test.clock.moveTo(test.clock.now() + 3_600_001)
    expect(await test.serving.tick(test.clock.now())).toBe(true)
    expect(await rewards()).toEqual({ count: 40, total: 1 })
    // Too late: the time for a reward is over.
    await feedback([{ inferenceId: 'z1', value: 1 }])
    await test.serving.tick(test.clock.now())
    expect(await rewards()).toEqual({ count: 40, total: 1 })
  })

  it('chooses by context, and tells what another policy would have earned', async () => {
    await test.deploy('hires', models[0]!)
    await setRouter({ ...router, model: 'linear', features: ['temp'], exploration: 0.3 })
    const worth = (arm: string, temp: number) => (arm === 'arm-1' ? temp : -temp)
    const items = []
    for (let i = 0; i < 200; i++) {
      const temp = ((i % 20) - 9.5) / 10
      items.push({ inferenceId: `c${i}`, value: worth(await ask(`c${i}`, {}, temp), temp) })
    }
    await feedback(items)
    await test.serving.tick(test.clock.now())
    let warm = 0
    for (let i = 0; i < 60; i++) if ((await ask(`w${i}`, {}, 0.9)) === 'arm-1') warm++
    expect(warm).toBeGreaterThan(40)

    const judge = async (policy: unknown) => {
      const response = await test.post(
        '/api/v1/endpoints/hires/off-policy',
        { reward: { kind: 'value' }, policy },
        { 'content-type': 'application/json' },
      )
      return { status: response.status, body: (await response.json()) as never }
    }
    const best = await judge({ kind: 'linear', features: ['temp'] })
    expect(best.status).toBe(200)
    const { doublyRobust, observed } = best.body as {
      doublyRobust: { value: number }
      observed: number
    }
    // The best arm in each context earns |temp|, whose mean is 0.5.
    expect(doublyRobust.value).toBeCloseTo(0.5, 1)
    expect(observed).toBeLessThan(0.3)
    const always = await judge({ kind: 'shares', shares: { 'arm-0': 1 } })
    expect((always.body as { snips: { value: number } }).snips.value).toBeCloseTo(0, 0)
    expect((await judge({ kind: 'shares', shares: { nobody: 1 } })).status).toBe(400)
    expect((await judge({ kind: 'shares', shares: { 'arm-0': 0.5 } })).status).toBe(400)
    expect((await judge({ kind: 'linear', features: ['season'] })).status).toBe(400)
  })
})
