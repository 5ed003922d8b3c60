import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase, testDialects } from '../../storage/test-databases.ts'
import * as bandits from '../bandits/bandits.store.ts'
import * as endpoints from '../endpoints/endpoints.store.ts'
import { servingMigrations } from '../migrations.ts'
import * as feedback from './feedback.store.ts'

describe.each(testDialects)('stores on $dialect', ({ dialect, available }) => {
  let test: TestDatabase
  beforeEach(async () => {
    if (available) test = await testDatabase(dialect, servingMigrations)
  })
  afterEach(async () => {
    if (available) await test[Symbol.asyncDispose]()
  })

  const label = (id: string, value: number, predictedAt: number, change: number) => ({
    endpoint: 'hires',
    inference_id: id,
    value: JSON.stringify(value),
    observed_at: null,
    received_at: 1,
    predicted_at: predictedAt,
    corrections: 0,
    change,
    lesson: null,
  })

  it.skipIf(!available)('keeps labels, corrections and where readers stand', async () => {
    const { database } = test
    const ids = Array.from({ length: 1200 }, (_, i) => `id-${i}`)
    const first = await database.write(async (tx) => {
      const change = await feedback.nextChange(tx, 'hires')
      await feedback.putLabels(
        tx,
        ids.map((id, i) => label(id, i, 1000 + i, change)),
      )
      return change
    })
    const second = await database.write(async (tx) => {
      const change = await feedback.nextChange(tx, 'hires')
      await feedback.putLabels(tx, [label('id-5', 55, 1005, change)])
      return change
    })
    expect([first, second]).toEqual([1, 2])
    const { reader } = database
    const found = await feedback.findLabels(reader, 'hires', [...ids, 'nobody'])
    expect(found.size).toBe(1200)
    expect(found.get('id-5')).toEqual(label('id-5', 55, 1005, 2))
    expect(await feedback.countLabels(reader, 'hires', 1199)).toBe(1001)
    expect(await feedback.countLabels(reader, 'other', 0)).toBe(0)
    const labels = await feedback.labelsIn(reader, 'hires', { from: 1004, to: 1006 })
    expect(labels).toEqual(
      new Map([
        ['id-4', 4],
        ['id-5', 55],
      ]),
    )
    expect(await feedback.changesSince(reader, 'hires', 0)).toEqual({
      cursor: 2,
      span: { from: 1000, to: 2200 },
    })
    expect(await feedback.changesSince(reader, 'hires', 1)).toEqual({
      cursor: 2,
      span: { from: 1005, to: 1006 },
    })
    expect(await feedback.changesSince(reader, 'hires', 2)).toEqual({ cursor: 2, span: null })
  })

  it.skipIf(!available)('keeps endpoints by name and the newest of their routes', async () => {
    const { database } = test
    const record = (name: string) => ({
      name,
      project: null,
      description: '',
      model: 'bike',
      settings: {},
      routerDue: null,
      target: 'cnt',
      revision: 0,
      createdAt: 1,
      updatedAt: 1,
    })
    const route = (revision: number) => ({
      endpoint: 'b',
      revision,
      arms: [],
      router: undefined,
      reason: `r${revision}`,
      actor: 'user:test',
      setAt: 2,
    })
    await database.write(async (tx) => {
      for (const name of ['b', 'a', 'c']) await endpoints.insertEndpoint(tx, record(name))
      for (const revision of [1, 2]) await endpoints.insertRoute(tx, route(revision))
      await endpoints.updateEndpoint(tx, { ...record('b'), revision: 2, updatedAt: 3 })
      await endpoints.deleteEndpoint(tx, 'c')
    })
    const listed = await endpoints.listEndpoints(database.reader, { after: 'a', limit: 5 })
    expect(listed).toEqual([{ ...record('b'), revision: 2, updatedAt: 3 }])
    expect(await endpoints.latestRoute(database.reader, 'b')).toEqual(route(2))
    expect(await endpoints.latestRoute(database.reader, 'c')).toBeUndefined()
    expect(await endpoints.findEndpoint(database.reader, 'c')).toBeUndefined()
  })

  it.skipIf(!available)('keeps what bandits have learnt, each lesson apart', async () => {
    const { database } = test
    const key = { endpoint: 'hires', lesson: 'first' }
    const row = { ...key, arm: 'a', model: 'bike', version: 1, rewards: '{"count":1}' }
    await database.write(async (tx) => {
      expect(await bandits.lockLesson(tx, key, 100)).toBe(100)
      expect(await bandits.lockLesson(tx, key, 500)).toBe(100)
      await bandits.moveCursor(tx, key, 200)
      await bandits.putArmRewards(tx, row)
      await bandits.putArmRewards(tx, { ...row, rewards: '{"count":2}' })
      await bandits.putArmRewards(tx, { ...row, lesson: 'second' })
    })
    expect(await bandits.cursorOf(database.reader, key)).toBe(200)
    expect(await bandits.cursorOf(database.reader, { ...key, lesson: 'second' })).toBeUndefined()
    expect(await bandits.armRewards(database.reader, 'hires', 'first')).toMatchObject([
      { arm: 'a', rewards: '{"count":2}' },
    ])
  })
})
