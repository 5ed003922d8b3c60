import { isKaizenError, monitorProfileInput } from '@kaizen/contracts'
import { ProfileWriter, type TimedRow } from '@kaizen/sdk/profile'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../../kernel/index.ts'
import { testDialects } from '../../storage/test-databases.ts'
import { hourMs, start, TestMonitoring, TestStore } from '../test-monitoring.ts'

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)
const rowsOf = (at: number, rows: number, shift = 0): readonly TimedRow[] =>
  count(rows).map((row) => ({
    at: at + (row % 3600) * 1000,
    inputs: { temp: shift + ((row * 37) % 101), sky: row % 5 === 0 ? 'rain' : 'sun' },
    prediction: row % 7,
  }))

describe.each(testDialects)(
  'profiles uploaded to monitors, on $dialect',
  ({ dialect, available }) => {
    if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
    let store: TestStore
    beforeAll(async () => {
      store = await TestStore.open(dialect)
    })
    afterAll(() => store[Symbol.asyncDispose]())

    const written = (source: string, rows: readonly TimedRow[]) => {
      const writer = new ProfileWriter({ source, windowMs: hourMs })
      writer.add(rows)
      return writer.take().map((one) => monitorProfileInput.parse(JSON.parse(JSON.stringify(one))))
    }
    const upload = async (world: TestMonitoring, uploads: ReturnType<typeof written>) => {
      const { recomputation } = world.service
      const taken = []
      for (const one of uploads)
        taken.push(
          await world.batches.addProfile(systemActor, world.name, { upload: one, recomputation }),
        )
      return taken
    }
    const declared = async (name: string, changes: object = {}): Promise<TestMonitoring> => {
      const world = new TestMonitoring(store, name)
      await world.declare({
        endpoint: null,
        window: '1h',
        drift: ['psi', 'ks', 'wasserstein', 'js'],
        reference: { kind: 'window', from: start, to: start + hourMs },
        ...changes,
      })
      return world
    }

    it('are merged into windows with rows beside them; drift is named as one of sketches', async () => {
      await using world = await declared('edge')
      const quiet = [...written('a', rowsOf(start, 3000)), ...written('b', rowsOf(start, 3000))]
      const taken = await upload(world, quiet)
      expect(await upload(world, quiet)).toEqual(taken)
      const calm = written('a', rowsOf(start + hourMs, 2000))
      const moved = written('a', rowsOf(start + 2 * hourMs, 1000, 40))
      await upload(world, [...calm, ...moved])
      const rows = count(500).map((row) => ({
        at: start + 2 * hourMs + row,
        inputs: { temp: 300, sky: 'hail' },
        outputs: { y: 3 },
        actual: null,
        error: null,
        latencyMs: null,
      }))
      const { recomputation } = world.service
      await world.batches.add(systemActor, world.name, {
        batch: { id: 'raw', rows },
        recomputation,
      })
      await world.advance(start + 3 * hourMs)
      const windows = await world.service.reader.windows(world.name, { before: null, limit: 9 })
      const saidIn = (window: number, metric: string) =>
        windows[window]?.statistics.find((one) => one.metric === metric)
      expect(windows.map((window) => window.rows)).toEqual([1500, 2000, 6000])
      const ks = saidIn(1, 'drift:temp:ks')
      expect(ks).toMatchObject({ method: 'ks-sketch', drifted: false })
      expect(ks?.note).toContain('is taken off it')
      expect(saidIn(1, 'drift:temp:psi')).toMatchObject({ method: 'psi-sketch', drifted: false })
      expect(saidIn(1, 'new:sky')).toMatchObject({ value: 0 })
      expect(saidIn(1, 'missing:temp')).toMatchObject({ value: 0 })
      expect(saidIn(1, 'prediction:psi')).toMatchObject({ method: 'psi-sketch', drifted: false })
      expect(saidIn(0, 'drift:temp:ks')).toMatchObject({ drifted: true, currentRows: 1500 })
      expect(saidIn(0, 'drift:any:ks')).toMatchObject({ drifted: true })
      expect(saidIn(0, 'range:temp')?.value).toBeCloseTo(1 / 3, 2)
      expect(saidIn(0, 'new:sky')?.value).toBeCloseTo(1 / 3, 9)
      expect(saidIn(0, 'volume:profiles')).toMatchObject({ value: 1, note: null })
      const { items } = await world.batches.list(world.name, 9, undefined)
      const raw = items.find(({ id }) => id === 'raw')
      expect(raw).toMatchObject({ form: 'rows', rows: 500, window: { id: windows[0]?.id } })
      expect(raw?.window).toMatchObject({ from: start + 2 * hourMs, to: start + 3 * hourMs })
      const waiting = rows.map((row) => ({ ...row, at: row.at + hourMs }))
      const batch = { id: 'waits', rows: waiting }
      await world.batches.add(systemActor, world.name, { batch, recomputation })
      const later = await world.batches.list(world.name, 9, undefined)
      expect(later.items.find(({ id }) => id === 'waits')?.window).toBeNull()
    })

    it('restate windows that have closed, and are left out where windows were cut anew', async () => {
      await using world = await declared('late')
      await upload(world, written('a', rowsOf(start, 600)))
      await world.advance(start + 2 * hourMs)
      expect((await world.metrics()).get('volume:rows')?.value).toBe(0)
      await upload(world, written('b', rowsOf(start + hourMs, 400)))
      await world.service.recomputation.run(world.name, { from: 0, to: Number.MAX_SAFE_INTEGER })
      const [last] = await world.service.reader.windows(world.name, { before: null, limit: 1 })
      expect(last).toMatchObject({ rows: 400, revision: 2 })

      await world.declare({ endpoint: null, window: '30m', reference: 'training' })
      await world.service.recomputation.run(world.name, { from: 0, to: Number.MAX_SAFE_INTEGER })
      const halves = await world.service.reader.windows(world.name, { before: null, limit: 9 })
      expect(halves.every(({ rows }) => rows === 0)).toBe(true)
    })

    it('are refused whole where they are not sound', async () => {
      await using world = await declared('hostile')
      const [good] = written('a', rowsOf(start, 2000))
      const column = good!.profile.columns.find(({ name }) => name === 'temp')!
      const numeric = column.profile as Extract<typeof column.profile, { kind: 'numeric' }>
      const withTemp = (profile: unknown, changes: object = {}) =>
        ({
          ...good!,
          profile: { ...good!.profile, columns: [{ ...column, profile, ...changes }] },
        }) as NonNullable<typeof good>
      const { quantiles, moments } = numeric
      const swapped = Buffer.from(quantiles.items, 'base64')
      swapped.writeDoubleLE(1e9, 0)
      const infinite = Buffer.from(quantiles.items, 'base64')
      infinite.writeDoubleLE(Number.NaN, 8)
      const bad: readonly (readonly [ReturnType<typeof withTemp>, string])[] = [
        [withTemp({ ...numeric, moments: { ...moments, count: 5 } }), 'in its quantiles'],
        [withTemp({ ...numeric, quantiles: { ...quantiles, lengths: [5] } }), 'stand for 5 values'],
        [withTemp({ ...numeric, quantiles: { ...quantiles, items: 'AAAA' } }), 'of 3 bytes'],
        [withTemp({ ...numeric, quantiles: { ...quantiles, items: '***' } }), 'no base64'],
        [
          withTemp({ ...numeric, quantiles: { ...quantiles, items: swapped.toString('base64') } }),
          'out of order',
        ],
        [
          withTemp({ ...numeric, quantiles: { ...quantiles, items: infinite.toString('base64') } }),
          'out of order',
        ],
        [withTemp(numeric, { mistyped: 1 }), '2001 values in 2000 rows'],
        [{ ...good!, from: start - 1 }, 'reaches over an end of the windows'],
        [{ ...good!, profile: { ...good!.profile, columns: [column, column] } }, 'is there twice'],
      ]
      for (const [one, reason] of bad) {
        const refused = await upload(world, [one]).catch((failure: unknown) => failure)
        expect(isKaizenError(refused) && `${refused.code}: ${refused.message}`).toContain(
          'INVALID_DATA',
        )
        expect(isKaizenError(refused) && refused.message).toContain(reason)
      }
      expect(await world.batches.list(world.name, 9, undefined)).toEqual({ items: [] })
      await upload(world, [good!])
      const other = { ...good!, profile: { ...good!.profile, columns: [] } }
      await expect(upload(world, [other])).rejects.toMatchObject({ code: 'CONFLICT' })
      const old = { ...good!, profile: { ...good!.profile, version: 2 } }
      expect(monitorProfileInput.safeParse(old).error?.issues[0]?.message).toBe(
        'profiles of version 1 are read',
      )
      await using counted = await declared('counted-profiles', { count: 10 })
      await expect(upload(counted, [good!])).rejects.toMatchObject({ code: 'CONFLICT' })
    })
  },
)
