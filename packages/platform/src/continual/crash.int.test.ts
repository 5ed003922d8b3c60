import { describe, expect, it } from 'vitest'
import { systemActor } from '../kernel/index.ts'
import type { Database, GroupParticipant, Tx } from '../storage/index.ts'
import { dayMs, hourMs, start, TestLoop, testStorage } from './test-loop.ts'

/** A database that dies at one of its writes, as by `kill -9`: before the commit, or after it and before the answer. */
class MortalDatabase implements Database {
  readonly dialect: Database['dialect']
  readonly reader: Database['reader']
  readonly #database: Database
  readonly #diesAt: number
  readonly #after: boolean
  readonly #death = Promise.withResolvers<void>()
  /** Writes since it was armed. */
  writes = 0
  armed = false
  dead = false

  constructor(database: Database, diesAt: number, after: boolean) {
    this.#database = database
    this.dialect = database.dialect
    this.reader = database.reader
    this.#diesAt = diesAt
    this.#after = after
  }

  async write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.dead) throw new Error('the process is dead')
    if (this.armed) this.writes++
    if (!this.armed || this.writes !== this.#diesAt) return this.#database.write(work)
    this.dead = true
    if (this.#after) await this.#database.write(work)
    this.#death.resolve()
    throw new Error('the process is dead')
  }

  /** Resolves when it has died. */
  get died(): Promise<void> {
    return this.#death.promise
  }

  join(participant: GroupParticipant): void {
    this.#database.join(participant)
  }

  close(): Promise<void> {
    return this.#database.close()
  }
}

const hours = 8

/** A candidate from its trigger to its promotion under traffic, with a process that dies once and is started again. */
async function tale(diesAt: number, after: boolean) {
  await using storage = await testStorage('sqlite')
  {
    await using before = await TestLoop.start(storage)
    await before.declare({
      cooldown: '0s',
      triggers: [{ kind: 'volume', labelled: 1_000_000 }],
      gate: { metric: 'mae', minImprovement: -10 },
      rollout: [
        { kind: 'shadow', duration: '2h' },
        { kind: 'canary', weight: 0.5, duration: '2h' },
      ],
    })
    await before.addHistory(14)
    await before.advance(start)
    await before.live(30)
  }
  const mortal = new MortalDatabase(await storage.opened.reopen(), diesAt, after)
  let loop = await TestLoop.start(storage, mortal)
  mortal.armed = true
  let restarts = 0
  /** Does something that may be repeated; the process that dies of it is started again. */
  const survive = async (work: () => Promise<unknown>): Promise<void> => {
    for (;;) {
      const ended = work().catch((failure) => {
        if (!mortal.dead) throw failure
      })
      // A job that dies with its process never ends, so neither does what waits for it.
      await (restarts > 0 ? ended : Promise.race([ended, mortal.died]))
      if (!mortal.dead || restarts > 0) return
      restarts++
      await loop[Symbol.asyncDispose]().catch(() => undefined)
      loop = await TestLoop.start(storage)
    }
  }
  try {
    await survive(async () => {
      const known = await loop.continual.candidates({ policy: 'loop', before: null, limit: 9 })
      if (known.length < 2) await loop.continual.trigger(systemActor, 'loop', { reason: 'test' })
    })
    await survive(() => loop.settle())
    const from = storage.clock.now()
    for (let hour = 0; hour < hours; hour++) {
      const at = from + hour * hourMs
      await survive(() => loop.label(at - dayMs))
      await survive(() => loop.advance(at))
      await survive(() => loop.predict(at, 0.5))
    }
    await survive(() => loop.advance(from + hours * hourMs))
    return await outcome(loop, { mortal, restarts })
  } finally {
    await loop[Symbol.asyncDispose]()
    await mortal.close()
  }
}

async function outcome(
  loop: TestLoop,
  { mortal, restarts }: { readonly mortal: MortalDatabase; readonly restarts: number },
) {
  const candidates = await loop.continual.candidates({ policy: 'loop', before: null, limit: 99 })
  const decisions = await loop.continual.decisions({ policy: 'loop', before: null, limit: 99 })
  const version = await loop.data.version('rides', 'latest')
  const latest = await loop.registry.resolve('models:/demand@champion')
  const eventsOf = async (type: string): Promise<number> =>
    (await loop.audit.list({ type, limit: 1000 })).items.length
  const rows = await loop.data.rows('rides', version.version, {
    limit: 1000,
    after: 0,
    quarantined: false,
  })
  const times = rows.columns.find(({ name }) => name === 'at')?.values as Float64Array
  return {
    told: {
      candidates: candidates.map(({ number, state, modelVersion }) => [
        number,
        state,
        modelVersion,
      ]),
      decisions: decisions.map(({ kind, summary }) => `${kind}: ${summary.replace(/mae .*$/, '')}`),
      champion: latest.version,
      arms: (await loop.serving.view('demand')).arms.map(({ version: v, weight }) => [v, weight]),
      rows: version.rowCount,
      distinctRows: new Set(times).size,
      created: await eventsOf('continual.candidate.created'),
      ended: await eventsOf('continual.candidate.ended'),
      registered: await eventsOf('registry.version.created'),
      runs: (await loop.pipelines.runs()).length,
      windows: await eventsOf('monitoring.window.closed'),
      audit: (await loop.audit.verify()).ok,
    },
    writes: mortal.writes,
    restarts,
  }
}

describe('kill -9 between any two steps', () => {
  it('changes nothing about what the loop does', async () => {
    const calm = await tale(Number.POSITIVE_INFINITY, false)
    expect(calm.restarts).toBe(0)
    expect(calm.told.candidates).toEqual([
      [2, 'promoted', 2],
      [1, 'promoted', 1],
    ])
    expect(calm.told.distinctRows).toBe(calm.told.rows)
    const every = Math.ceil(calm.writes / 8)
    for (let diesAt = 1, turn = 0; diesAt < 0.9 * calm.writes; diesAt += every, turn++) {
      const survived = await tale(diesAt, turn % 2 === 0)
      expect({ diesAt, ...survived.told }).toEqual({ diesAt, ...calm.told })
      expect(survived.restarts).toBe(1)
    }
  }, 180_000)
})
