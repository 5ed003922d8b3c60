import type { RolloutView } from '@kaizen/contracts'
import { GraphBuilder } from '@kaizen/ml/onnx'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase, testDialects } from '../../storage/test-databases.ts'
import { servingMigrations } from '../migrations.ts'
import { addingModel, editor, type TestServing, testServing } from '../test-serving.ts'
import * as store from './rollouts.store.ts'

const minute = 60_000
const json = { 'content-type': 'application/json' }

describe('a rollout', () => {
  let test: TestServing
  let models: readonly string[]
  beforeEach(async () => {
    test = await testServing()
    models = [
      await test.register('bike', addingModel(1)),
      await test.register('bike', addingModel(2)),
    ]
    await test.deploy('hires', models[0]!)
  })
  afterEach(async () => {
    await test[Symbol.asyncDispose]()
  })

  const path = '/api/v1/endpoints/hires/rollouts'
  async function post(at: string, body: unknown): Promise<{ status: number; view: RolloutView }> {
    const response = await test.post(at, body, json)
    return { status: response.status, view: (await response.json()) as RolloutView }
  }
  const start = (rest: object = {}) =>
    post(path, {
      model: models[1],
      steps: [
        { weight: 0.2, duration: '10m', minSamples: 10 },
        { weight: 0.6, duration: '10m', minSamples: 20 },
      ],
      reason: 'try 2',
      ...rest,
    })
  const act = (action: string) => post(`${path}/1/actions`, { action, reason: 'by hand' })
  const get = async (number = 1): Promise<RolloutView> =>
    (await fetch(`${test.url}${path}/${number}`)).json() as Promise<RolloutView>
  let asked = 0
  const ask = (temp: unknown = 1): Promise<Response> =>
    test.post(
      '/endpoints/hires/invocations',
      { dataframe_records: [{ temp, season: 'spring' }], kaizen: { inference_id: `r${asked++}` } },
      json,
    )
  async function traffic(count: number, temp: unknown = 1): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>()
    for (let i = 0; i < count; i++) {
      const arm = (await ask(temp)).headers.get('x-kaizen-arm') ?? 'none'
      counts.set(arm, (counts.get(arm) ?? 0) + 1)
    }
    return counts
  }
  const later = async (ms: number): Promise<void> => {
    test.clock.moveTo(test.clock.now() + ms)
    await test.serving.tick(test.clock.now())
  }
  const versions = async () =>
    (await test.serving.view('hires')).arms.map(({ name, mode, weight, version }) => ({
      name,
      mode,
      weight,
      version,
    }))

  it('goes through its steps when time and samples are there, promotes, and is taken back by one call', async () => {
    expect((await start()).status).toBe(201)
    expect((await start()).status).toBe(409)
    await traffic(20)
    await later(11 * minute)
    // Time is over, but 20 requests at a fifth are not 10 samples.
    expect(await get()).toMatchObject({ step: 0, state: 'running' })
    const counts = await traffic(80)
    expect(counts.get('canary')).toBeGreaterThan(5)
    await later(1)
    expect(await get()).toMatchObject({ step: 1, samples: 0, state: 'running' })
    expect(await versions()).toEqual([
      { name: 'champion', mode: 'live', weight: 0.4, version: 1 },
      { name: 'canary', mode: 'live', weight: 0.6, version: 2 },
    ])
    await traffic(60)
    await later(5 * minute)
    expect((await get()).step).toBe(1)
    await later(6 * minute)
    const done = await get()
    expect(done.state).toBe('promoted')
    expect(done.decisions.map(({ kind }) => kind)).toEqual(['started', 'advanced', 'promoted'])
    expect(done.checks.length).toBe(2)
    expect(await versions()).toEqual([{ name: 'champion', mode: 'live', weight: 1, version: 2 }])
    const back = await act('rollback')
    expect(back.view.state).toBe('rolled_back')
    expect(await versions()).toEqual([{ name: 'champion', mode: 'live', weight: 1, version: 1 }])
    expect((await act('rollback')).status).toBe(409)
    const { items } = await test.audit.list({ limit: 100 })
    const kinds = items.map(({ type }) => type).filter((type) => type.startsWith('serving.rollout'))
    expect(kinds.toSorted()).toEqual(
      ['advanced', 'promoted', 'rolled_back', 'started'].map((kind) => `serving.rollout.${kind}`),
    )
  })

  it('takes a candidate back whose requests fail, though it is paused', async () => {
    const broken = await test.register('bike', failingModel())
    expect((await start({ model: broken })).status).toBe(201)
    expect((await act('pause')).view.state).toBe('paused')
    await traffic(60)
    await later(1)
    const view = await get()
    expect(view.state).toBe('rolled_back')
    expect(view.decisions.at(-1)?.reason).toMatch(/of requests failed \(\d+ of \d+\)/)
    expect(await versions()).toEqual([{ name: 'champion', mode: 'live', weight: 1, version: 1 }])
    expect((await traffic(20)).get('none')).toBeUndefined()
  })

  it('compares answers with ground truth, and rolls back what is worse', async () => {
    const metric = { reward: { kind: 'absolute_error' }, margin: 0.2 }
    const steps = [{ weight: 0.5, duration: '1h', minSamples: 1000 }]
    await start({ steps, guardrails: { metric } })
    const first = asked
    await traffic(160)
    const items = Array.from({ length: 160 }, (_, i) => ({
      inferenceId: `r${first + i}`,
      value: 2 + (i % 5) / 20,
    }))
    await test.serving.feedback(editor, 'hires', items)
    await later(1)
    const view = await get()
    expect(view.state).toBe('rolled_back')
    expect(view.checks.find(({ name }) => name === 'metric')?.status).toBe('broken')
  })

  it('counts requests that do not fit the candidate', async () => {
    const strict = await test.register('strict', needingModel())
    await start({
      model: strict,
      guardrails: { maxSchemaFailures: 0.05 },
      steps: [{ weight: 0.5, duration: '1h', minSamples: 1000 }],
    })
    await traffic(80)
    await later(1)
    const view = await get()
    expect(view.state).toBe('rolled_back')
    expect(view.decisions.at(-1)?.reason).toMatch(/did not fit the signature/)
  })

  it('in a dry run answers nobody, records everything, and leaves the route as it was', async () => {
    await start({ dryRun: true, steps: [{ weight: 1, duration: '1m', minSamples: 30 }] })
    expect((await traffic(40)).get('champion')).toBe(40)
    await test.serving.settled()
    await later(2 * minute)
    const view = await get()
    expect(view).toMatchObject({ state: 'promoted', samples: 40 })
    expect(await versions()).toEqual([{ name: 'champion', mode: 'live', weight: 1, version: 1 }])
  })

  it('stops where somebody else has set a route', async () => {
    await start()
    await test.serving.setRoute(
      editor,
      'hires',
      { arms: [{ name: 'champion', model: models[0]!, mode: 'live', weight: 1 }] },
      'enough',
    )
    await later(1)
    expect((await get()).state).toBe('overruled')
    expect((await act('promote')).status).toBe(409)
    expect((await start()).view.number).toBe(2)
  })

  it('sets the route of a decision that a server did not live to set', async () => {
    await start()
    const view = await get()
    expect((await act('skip')).view.step).toBe(1)
    // As a crash between decision and route leaves it.
    await test.serving.setRoute(
      editor,
      'hires',
      { arms: [{ name: 'champion', model: models[0]!, mode: 'live', weight: 1 }] },
      'as before',
    )
    await test.database.write(async (tx) => {
      const record = (await store.findRollout(tx, 'hires', view.number))!
      await store.updateRollout(tx, { ...record, applied: null })
    })
    await later(1)
    expect((await versions()).find(({ name }) => name === 'canary')?.weight).toBe(0.6)
    expect((await get()).state).toBe('running')
  })

  it.each([
    ['no steps', { steps: [] }, 400],
    ['falling weights', { steps: [{ weight: 0.5 }, { weight: 0.2 }] }, 400],
    ['a weight above one', { steps: [{ weight: 2 }] }, 400],
    ['an unknown model', { model: 'models:/nobody/1' }, 404],
    ['an arm that is there', { arm: 'champion' }, 409],
    ['an unknown field', { speed: 1 }, 400],
  ])('refuses %s', async (_name, bad, status) => {
    expect((await start(bad)).status).toBe(status)
    expect((await test.serving.view('hires')).revision).toBe(1)
  })
})

/** Takes what the others take and fails on it. */
function failingModel(): Uint8Array {
  const graph = new GraphBuilder()
  const temp = graph.input({ name: 'temp', type: 'float', shape: [1] })
  const season = graph.input({ name: 'season', type: 'string', shape: [1] })
  graph.add('Identity', [season])
  const index = graph.cast(
    graph.add('Add', [graph.cast(temp, 'double'), graph.doubles([99])]),
    'int64',
  )
  const picked = graph.add('Gather', [graph.doubles([1, 2, 3]), index])
  graph.output(graph.cast(picked, 'float'), { name: 'variable', type: 'float', shape: [1] })
  return graph.finish('failing', {})
}

/** Wants an input that callers do not send. */
function needingModel(): Uint8Array {
  const graph = new GraphBuilder()
  const temp = graph.input({ name: 'temp', type: 'float', shape: [1] })
  const wind = graph.input({ name: 'wind', type: 'float', shape: [1] })
  graph.output(graph.add('Add', [temp, wind]), { name: 'variable', type: 'float', shape: [1] })
  return graph.finish('needing', {})
}

describe.each(testDialects)('rollouts on $dialect', ({ dialect, available }) => {
  let test: TestDatabase
  beforeEach(async () => {
    if (available) test = await testDatabase(dialect, servingMigrations)
  })
  afterEach(async () => {
    if (available) await test[Symbol.asyncDispose]()
  })

  it.skipIf(!available)(
    'are kept with their decisions, and found while they want something',
    async () => {
      const { database } = test
      const pin = { arm: 'champion', model: 'bike', version: 1 }
      const record = {
        endpoint: 'hires',
        number: 1,
        spec: { model: 'models:/bike/2' } as never,
        state: 'running',
        step: 0,
        stepSince: 5,
        startedAt: 5,
        startedBy: 'user:a',
        endedAt: null,
        baseline: pin,
        candidate: { ...pin, arm: 'canary', version: 2 },
        before: { arms: [], router: null },
        applied: 3,
        schemaFailures: 0,
      } as const
      const decision = {
        endpoint: 'hires',
        number: 1,
        at: 5,
        kind: 'started',
        actor: 'user:a',
        reason: '',
        step: 0,
        data: { a: 1 },
      } as const
      await database.write(async (tx) => {
        await store.insertRollout(tx, record)
        await store.insertRollout(tx, { ...record, number: 2, state: 'promoted', endedAt: 9 })
        await store.insertRollout(tx, { ...record, number: 3, state: 'promoted', applied: null })
        await store.insertDecision(tx, decision)
        await store.insertDecision(tx, { ...decision, kind: 'paused' })
      })
      const { reader } = database
      expect(await store.findRollout(reader, 'hires', 1)).toEqual(record)
      expect((await store.openRollouts(reader)).map(({ number }) => number)).toEqual([1, 3])
      const page = await store.listRollouts(reader, 'hires', { below: 3, limit: 5 })
      expect(page.map(({ number }) => number)).toEqual([2, 1])
      expect(
        (await store.decisionsOf(reader, 'hires', 1)).map(({ seq, kind }) => [seq, kind]),
      ).toEqual([
        [1, 'started'],
        [2, 'paused'],
      ])
    },
  )
})
