import { createHash } from 'node:crypto'
import { ProfileWriter } from '@kaizen/sdk/profile'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { bearer, operator, startTestServer, type TestServer } from './test-server.ts'

const start = Date.UTC(2026, 0, 5)
const hourMs = 3_600_000
const code = `
import { customMetric } from '@kaizen/sdk'
import { price } from './price.ts'
export const takings = customMetric('takings', {
  run: ({ rows }) => ({ sum: { value: price * rows.reduce((sum, row) => sum + (row.inputs.sold as number), 0), above: 100 } }),
})
`
const files = { 'kaizen.ts': code, 'price.ts': 'export const price = 2\n' }
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')
const bundle = Object.entries(files).map(([path, text]) => ({
  path,
  digest: digestOf(text),
  sizeBytes: Buffer.byteLength(text),
}))

describe.each(testDialects)(
  'monitors of an applied project, on $dialect',
  ({ dialect, available }) => {
    if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
    let server: TestServer
    beforeAll(async () => {
      server = await startTestServer(dialect, { replayFrom: start })
    }, 60_000)
    afterAll(() => server[Symbol.asyncDispose]())

    it('compute what the code of the project says, and merge profiles that come over HTTP', async () => {
      for (const [path, text] of Object.entries(files)) {
        const { digest } = bundle.find((file) => file.path === path)!
        const answer = await fetch(`${server.url}/api/v1/bundle/${digest}`, {
          method: 'PUT',
          body: text,
          headers: { authorization: bearer(operator), 'content-type': 'application/octet-stream' },
        })
        expect(answer.ok).toBe(true)
      }
      const metric = {
        name: 'takings',
        module: 'kaizen.ts',
        export: 'takings',
        codeDigest: '1',
        // As long as a busy machine needs to start a process.
        timeout: '2m',
      }
      const manifest = {
        kaizen: 1,
        project: 'shop',
        datasets: [],
        pipelines: [],
        endpoints: [],
        policies: [],
        bundle,
        monitors: [
          { name: 'sales', window: '1h', custom: [metric] },
          { name: 'edge', window: '1h' },
        ],
      }
      const applied = await server.send('POST /api/v1/projects/apply', {
        body: { manifest, reason: 'test' },
      })
      expect(applied).toMatchObject({ status: 200 })

      const rows = Array.from({ length: 30 }, (_, row) => ({
        at: start + row,
        inputs: { sold: 3 },
      }))
      const batch = { id: 'till-1', rows }
      expect(
        await server.send('POST /api/v1/monitors/sales/batches', { body: batch }),
      ).toMatchObject({
        status: 201,
      })
      const writer = new ProfileWriter({ source: 'device-7', windowMs: hourMs })
      writer.add(rows)
      const [upload] = writer.take()
      const profiles = 'POST /api/v1/monitors/edge/profiles'
      expect(await server.send(profiles, { body: upload })).toMatchObject({
        status: 201,
        body: { form: 'profile', rows: 30 },
      })
      expect(
        await server.send(profiles, { body: { ...upload, profile: { rows: 3 } } }),
      ).toMatchObject({
        status: 400,
        body: { error: { code: 'INVALID_REQUEST' } },
      })
      const broken = { ...upload!, id: 'x', profile: { ...upload!.profile, rows: 1 } }
      expect(await server.send(profiles, { body: broken })).toMatchObject({
        status: 400,
        body: { error: { code: 'INVALID_DATA' } },
      })
      expect(await server.send(profiles, { body: upload })).toMatchObject({
        status: 201,
      })
      await server.send('POST /api/v1/clock/advance', { body: { to: start + hourMs } })

      const { body } = await server.send('GET /api/v1/monitors/sales/metrics')
      expect(body.metrics).toContainEqual({
        metric: 'custom:takings:sum',
        last: 180,
        drifted: true,
        note: null,
      })
      const edge = await server.send('GET /api/v1/monitors/edge/windows')
      expect(edge.body.items[0]).toMatchObject({ rows: 30 })
    }, 60_000)

    it('stand beside the reports that a project declares, which go with their declaration', async () => {
      const weekly = {
        name: 'weekly',
        monitors: ['till'],
        schedule: { cron: '0 7 * * 1' },
        channels: ['team'],
      }
      const manifestOf = (...reports: readonly object[]) => ({
        kaizen: 1,
        project: 'reporting',
        datasets: [],
        pipelines: [],
        endpoints: [],
        policies: [],
        bundle: [],
        monitors: [{ name: 'till' }],
        ...(reports.length > 0 && { reports }),
      })
      const apply = (manifest: object) =>
        server.send('POST /api/v1/projects/apply', { body: { manifest, reason: 'test' } })
      const kept = () => server.send('GET /api/v1/monitor-reports/weekly')
      const refused = await apply(manifestOf({ ...weekly, monitors: ['nobody'] }))
      expect(refused).toMatchObject({
        status: 400,
        body: {
          error: {
            message: expect.stringContaining('report "weekly" refers to the monitor "nobody"'),
          },
        },
      })
      const never = { ...weekly, schedule: { cron: 'now and then' } }
      expect((await apply(manifestOf(never))).status).toBe(400)
      expect((await server.send('GET /api/v1/monitors/till')).status).toBe(404)

      expect(await apply(manifestOf(weekly))).toMatchObject({ status: 200 })
      expect((await kept()).body).toMatchObject({
        monitors: ['till'],
        period: { last: '7d' },
        nextAt: Date.UTC(2026, 0, 5, 7),
      })
      const again = await apply(manifestOf(weekly))
      const planned = (answer: typeof again) =>
        answer.body.changes.find(({ object }: { object: string }) => object === 'report:weekly')
      expect(planned(again)).toMatchObject({ kind: 'keep' })
      await server.send('PUT /api/v1/monitor-reports/weekly', {
        body: { title: 'by hand', monitors: ['till'] },
      })
      expect(planned(await apply(manifestOf(weekly)))).toMatchObject({ kind: 'drifted' })
      expect((await kept()).body).toMatchObject({ title: '', channels: ['team'] })
      expect(planned(await apply(manifestOf()))).toMatchObject({ kind: 'remove' })
      expect((await kept()).status).toBe(404)
    }, 60_000)

    it('compare embeddings that come over HTTP as lists, and say which are none', async () => {
      const declared = {
        name: 'camera',
        window: '1h',
        embeddings: ['emb'],
        reference: { kind: 'window', from: start, to: start + 2 * hourMs },
      }
      const manifest = {
        kaizen: 1,
        project: 'vision',
        datasets: [],
        pipelines: [],
        endpoints: [],
        policies: [],
        bundle: [],
        monitors: [declared],
      }
      const applied = await server.send('POST /api/v1/projects/apply', {
        body: { manifest, reason: 'test' },
      })
      expect(applied).toMatchObject({ status: 200 })
      const heat = (index: number): number => ((index * 37) % 101) / 100
      const rowAt = (minute: number) => {
        const shift = minute >= 180 ? 1 : 0
        const emb = [0, 1, 2, 3].map((place) => heat(minute + 13 * place) + shift)
        // A tenth of the last hour has a hole.
        return {
          at: start + minute * 60_000,
          inputs: { emb: minute >= 180 && minute % 10 === 0 ? [...emb.slice(0, 3), null] : emb },
        }
      }
      const upload = (rows: readonly object[], id: string) =>
        server.send('POST /api/v1/monitors/camera/batches', { body: { id, rows } })
      const rows = Array.from({ length: 240 }, (_, minute) => rowAt(minute))
      expect(await upload(rows, 'first')).toMatchObject({ status: 201, body: { rows: 240 } })
      for (const emb of [['a', 'b'], [[1, 2]], { x: 1 }, new Array(8193).fill(0)])
        expect(await upload([{ at: start, inputs: { emb } }], 'broken')).toMatchObject({
          status: 400,
          body: { error: { code: 'INVALID_REQUEST' } },
        })
      await server.send('POST /api/v1/clock/advance', { body: { to: start + 4 * hourMs } })
      const seriesOf = async (metric: string) => {
        const { body } = await server.send(
          `GET /api/v1/monitors/camera/series?metric=${metric}&from=${start}&to=${start + 5 * hourMs}`,
        )
        return body.series[0].points as readonly { value: number; drifted: boolean }[]
      }
      const drifted = await seriesOf('embedding:emb:mmd')
      expect(drifted.map((point) => point.drifted)).toEqual([false, false, false, true])
      const invalid = await seriesOf('embedding:emb:invalid')
      expect(invalid.map(({ value }) => value)).toEqual([0, 0, 0, 0.1])
    }, 60_000)
  },
)
