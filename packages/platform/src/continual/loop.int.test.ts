import { afterEach, describe, expect, it } from 'vitest'
import { systemActor } from '../kernel/index.ts'
import { testDialects } from '../storage/test-databases.ts'
import { dayMs, hourMs, start, TestLoop, type TestStorage, testStorage } from './test-loop.ts'

describe.each(testDialects)('the loop on $dialect', ({ dialect, available }) => {
  if (!available) {
    it.skip('PostgreSQL is not installed', () => undefined)
    return
  }
  let storage: TestStorage
  let loop: TestLoop
  const open = async (policy: object = {}): Promise<void> => {
    storage = await testStorage(dialect)
    loop = await TestLoop.start(storage)
    await loop.declare(policy)
    await loop.addHistory(14)
  }
  afterEach(async () => {
    await loop[Symbol.asyncDispose]()
    await storage[Symbol.asyncDispose]()
  })
  const candidates = async () =>
    [...(await loop.continual.candidates({ policy: 'loop', before: null, limit: 100 }))].reverse()
  const kinds = async (candidate: string) =>
    (await loop.continual.candidate(candidate)).decisions.map(({ kind }) => kind)
  const arms = async () =>
    (await loop.serving.view('demand')).arms.map(({ version, mode, weight }) => [
      version,
      mode,
      weight,
    ])
  const worldChanges = (): void => {
    const changeAt = storage.clock.now()
    storage.world.slope = (at) => (at < changeAt ? 100 : 200)
  }

  it('makes and deploys the first model by itself', async () => {
    await open()
    await loop.advance(start)
    const [first] = await candidates()
    expect(first).toMatchObject({ number: 1, state: 'promoted', modelVersion: 1 })
    expect(first?.gate?.champion).toBeNull()
    expect(await kinds(first!.id)).toEqual(['trigger', 'gate', 'promote'])
    expect(await arms()).toEqual([[1, 'live', 1]])
    expect(await loop.registry.resolve('models:/demand@champion')).toMatchObject({ version: 1 })
    expect((await loop.monitoring.reader.view('watch')).reference).toMatchObject({
      modelVersion: 1,
      rows: 240,
    })
    // Trained on the ten days before the newest two, then on the newest ten.
    const [fit, refit] = await loop.pipelines.runs()
    expect(fit!['trainTo']! - fit!['trainFrom']!).toBe(10 * dayMs)
    expect(refit!['trainTo']! - fit!['trainTo']!).toBe(2 * dayMs)
    expect(loop.failures).toEqual([])
  })

  it('retrains when the world has changed, rolls out by shadow and canary, and promotes', async () => {
    await open()
    await loop.advance(start)
    await loop.live(4 * 24)
    expect(await candidates()).toHaveLength(1)
    worldChanges()
    await loop.live(3 * 24)
    const [, second] = await candidates()
    expect(second?.trigger).toMatch(/^mae .* is above .* \(1\.25 × the reference/)
    await loop.live(3 * 24)
    const all = await candidates()
    const promoted = all.filter(({ state }) => state === 'promoted')
    expect(promoted.length).toBeGreaterThanOrEqual(2)
    const last = promoted.at(-1)!
    expect(await kinds(last.id)).toEqual([
      'trigger',
      'gate',
      'rollout',
      'rollout',
      'rollout',
      'rollout',
      'promote',
    ])
    expect(last.gate?.improvement?.estimate).toBeGreaterThan(0)
    expect(await arms()).toEqual([[last.modelVersion, 'live', 1]])
    // The shadow answered beside the champion, and its answers are in the log apart.
    const shadows = await loop.serving.predictions(
      'demand',
      { from: start, to: storage.clock.now() },
      { mode: 'shadow' },
    )
    expect(shadows.inferenceId.length).toBeGreaterThanOrEqual(6)
    // Every labelled prediction is in the dataset once.
    const { maxEventTime, rowCount } = await loop.data.version('rides', 'latest')
    expect(rowCount).toBe(14 * 24 + (maxEventTime! - start) / hourMs + 1)
    const { annotations } = {
      annotations: await loop.monitoring.reader.annotations('watch', {
        from: 0,
        to: storage.clock.now(),
      }),
    }
    expect(annotations.map(({ kind }) => kind)).toContain('promotion')
    expect(await loop.audit.verify()).toMatchObject({ ok: true })
    expect(loop.failures).toEqual([])
  })

  it('waits with a promotion until the approvals of the model are there, and the route stays', async () => {
    await open()
    await loop.advance(start)
    const { database } = storage.opened
    await database.write(async (tx) =>
      loop.registry.approvals.setPolicy(tx, systemActor, await loop.registry.model(tx, 'demand'), {
        rules: [
          {
            target: 'alias:champion',
            approvals: [{ role: 'risk', count: 1 }],
            allowCreator: false,
          },
        ],
        requireSignature: false,
      }),
    )
    worldChanges()
    await loop.live(6 * 24)
    const waiting = (await candidates()).at(-1)!
    expect(waiting).toMatchObject({ number: 2, state: 'rolling-out', modelVersion: 2 })
    expect(await kinds(waiting.id)).not.toContain('promote')
    expect(await arms()).toEqual([
      [1, 'live', 0.5],
      [2, 'live', 0.5],
    ])
    expect((await loop.registry.resolve('models:/demand@champion')).version).toBe(1)
    const ann = { name: 'user:ann', role: 'viewer', roles: ['risk'] } as const
    await database.write(async (tx) =>
      loop.registry.approvals.decide(tx, ann, await loop.registry.version(tx, 'demand', 2), {
        target: 'alias:champion',
        decision: 'approve',
        reason: 'slices checked',
      }),
    )
    await loop.live(1)
    expect((await candidates())[1]).toMatchObject({ state: 'promoted', modelVersion: 2 })
    expect(await arms()).toEqual([[2, 'live', 1]])
    expect((await loop.registry.resolve('models:/demand@champion')).version).toBe(2)
    expect(loop.failures).toEqual([])
  })

  it('refuses a candidate of a truncated window, and says why with numbers', async () => {
    await open({ gate: { metric: 'mae', minImprovement: 0.01 } })
    await loop.advance(start)
    await loop.live(3 * 24)
    await expect(
      loop.continual.trigger(systemActor, 'loop', { reason: 'now' }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    await loop.continual.trigger(systemActor, 'loop', {
      reason: 'planted',
      trainingLength: '2h',
      incident: 'truncated window',
      ignoreCooldown: true,
    })
    await loop.settle()
    const last = (await candidates()).at(-1)!
    expect(last).toMatchObject({
      state: 'rejected',
      incident: 'truncated window',
      modelVersion: null,
    })
    expect(last.trainTo! - last.trainFrom!).toBe(2 * hourMs)
    expect(last.gate?.summary).toMatch(/^refused: mae .* against the champion's/)
    expect(await kinds(last.id)).toEqual(['trigger', 'gate', 'reject'])
    expect(await arms()).toEqual([[1, 'live', 1]])
    const view = await loop.continual.policy('loop')
    expect(view).toMatchObject({ promotions: 1, rejections: 1, rollbacks: 0, championVersion: 1 })
  })

  it('keeps rows that break a rule out of training', async () => {
    await open()
    await loop.advance(start)
    await loop.live(24)
    await loop.live(24, { temp: (value) => value * 41 })
    await loop.live(24)
    await loop.continual.trigger(systemActor, 'loop', { reason: 'now', ignoreCooldown: true })
    await loop.settle()
    const version = await loop.data.version('rides', 'latest')
    expect(version.quarantined).toBeGreaterThanOrEqual(20)
    expect(version.quarantineReasons[0]?.rule).toContain('temp')
  })

  it('rolls back a candidate whose answers stray, and freezes', async () => {
    const rollout = [{ kind: 'shadow', duration: '1d' }]
    await open({ guardrails: { maxDisagreement: 0.000001 }, rollout })
    await loop.advance(start)
    await loop.live(2 * 24)
    worldChanges()
    await loop.live(4 * 24)
    const last = (await candidates()).at(-1)!
    expect(last.state).toBe('rolled-back')
    expect(last.error).toContain("differ from the champion's")
    expect((await kinds(last.id)).slice(-2)).toEqual(['rollback', 'freeze'])
    expect(await arms()).toEqual([[1, 'live', 1]])
    expect(await loop.continual.policy('loop')).toMatchObject({ rollbacks: 1 })
  })

  it('stops a rollout by hand, and takes back a promotion', async () => {
    await open({ cooldown: '0s', rollout: [{ kind: 'shadow', duration: '12h' }] })
    await loop.advance(start)
    await loop.live(2 * 24)
    worldChanges()
    for (let hour = 0; hour < 96; hour++) {
      await loop.live(1)
      if ((await candidates()).at(-1)?.state === 'rolling-out') break
    }
    expect((await arms()).map(([, mode]) => mode)).toEqual(['live', 'shadow'])
    await loop.continual.rollback(systemActor, 'loop', 'not today')
    expect(await arms()).toEqual([[1, 'live', 1]])
    expect(await loop.continual.policy('loop')).toMatchObject({ state: 'frozen', rollbacks: 1 })
    await loop.live(5 * 24)
    const promoted = (await candidates()).filter(({ state }) => state === 'promoted').at(-1)!
    expect(promoted.modelVersion).toBeGreaterThan(1)
    const champion = (await loop.serving.view('demand')).arms[0]!.version
    await loop.continual.rollback(systemActor, 'loop', 'it was better before')
    const [[version]] = (await arms()) as [[number]]
    expect(version).toBeLessThan(champion)
    expect(await loop.registry.resolve('models:/demand@champion')).toMatchObject({ version })
    expect((await loop.monitoring.reader.view('watch')).reference).toMatchObject({
      modelVersion: version,
    })
  })

  it('pauses, and goes on', async () => {
    await open()
    await loop.continual.pause(systemActor, 'loop', { paused: true, reason: 'holiday' })
    await loop.advance(start)
    expect(await candidates()).toEqual([])
    const held = await loop.continual.decisions({ policy: 'loop', before: null, limit: 9 })
    expect(held.map(({ kind }) => kind)).toEqual(['hold'])
    await loop.advance(start + hourMs)
    expect(await loop.continual.decisions({ policy: 'loop', before: null, limit: 9 })).toHaveLength(
      1,
    )
    await loop.continual.pause(systemActor, 'loop', { paused: false, reason: 'back' })
    await loop.settle()
    expect((await candidates())[0]).toMatchObject({ state: 'promoted' })
  })

  it('fails a candidate with its pipeline, and waits before the next', async () => {
    await open()
    loop.pipelines.failWith = 'the trainer ran out of memory'
    await loop.advance(start)
    const [first] = await candidates()
    expect(first).toMatchObject({ state: 'failed' })
    expect(first?.error).toContain('the trainer ran out of memory')
    expect(await candidates()).toHaveLength(1)
    expect(await loop.continual.policy('loop')).toMatchObject({ state: 'cooling-down' })
  })

  it('shows the ring, from nothing to a promoted model', async () => {
    await open()
    const [before] = await loop.loops.all()
    expect(before?.stages.map(({ stage }) => stage)).toHaveLength(9)
    expect(before?.stages.find(({ stage }) => stage === 'serving')?.state).toBe('waiting')
    await loop.advance(start)
    await loop.live(30)
    const [after] = await loop.loops.all()
    const of = (name: string) => after?.stages.find(({ stage }) => stage === name)
    expect(of('data')).toMatchObject({ state: 'ok', value: 14 * 24, unit: 'rows' })
    expect(of('registry')).toMatchObject({ value: 1 })
    expect(of('serving')).toMatchObject({ state: 'ok', value: 30 })
    expect(of('feedback')).toMatchObject({ value: 6 })
    expect(of('trigger')).toMatchObject({ state: 'ok', value: 1 })
    expect(after?.candidate).toMatchObject({ state: 'promoted' })
  })
})
