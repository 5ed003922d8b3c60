import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { startPostgres } from '../storage/database/postgres-fixture.ts'
import { testDialects } from '../storage/test-databases.ts'
import { migrations } from './migrations.ts'
import { startServer } from './server.ts'

const old = (file: string) =>
  readFile(new URL(`old-databases/${file}.gz`, import.meta.url)).then((bytes) => gunzipSync(bytes))
/** How many steps the schema of that commit had. */
const stepsThen = 23

describe.each(testDialects)(
  'a database of an older commit on $dialect',
  ({ dialect, available }) => {
    it.skipIf(!available)(
      'is upgraded step by step at the start, with all that it held',
      async () => {
        await using opened = new AsyncDisposableStack()
        const dataDir = await mkdtemp(join(tmpdir(), 'kaizen-upgrade-'))
        opened.defer(() => rm(dataDir, { recursive: true, force: true }))
        const where: { databaseUrl?: string } = {}
        if (dialect === 'postgres') {
          where.databaseUrl = opened.use(await startPostgres()).url
          const client = new pg.Client({ connectionString: where.databaseUrl })
          await client.connect()
          await client.query((await old('df87b9e.sql')).toString())
          await client.end()
        } else {
          await mkdir(dataDir, { recursive: true })
          await writeFile(join(dataDir, 'kaizen.db'), await old('df87b9e.db'))
        }
        const told: string[] = []
        const options = {
          host: '127.0.0.1',
          port: 0,
          dataDir,
          logLevel: 'silent',
          ...where,
        } as const
        const server = opened.use(await startServer(options, (line) => told.push(line)))
        const steps = migrations.length - stepsThen
        expect(told).toHaveLength(2 * steps)
        expect(told[0]).toMatch(
          new RegExp(`^Upgrading the database, step 1 of ${steps} \\(\\d{4}-.+\\) …$`),
        )
        expect(told.at(-1)).toMatch(
          /^Upgrading the database, step (\d+) of \1 \(.+\): \d+\.\d s\.$/,
        )

        const ask = async (path: string, body?: object) => {
          const answer = await fetch(`${server.address}/api/2.0/mlflow/${path}`, {
            ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
            headers: { 'content-type': 'application/json' },
          })
          return (await answer.json()) as Record<string, never>
        }
        const found = (await ask('runs/search', {
          experiment_ids: ['1'],
          filter: "metrics.loss > 0.01 and params.depth != '9' and tags.stage LIKE '%a%'",
          order_by: ['metrics.loss DESC'],
          run_view_type: 'ALL',
        })) as unknown as { readonly runs: readonly { readonly info: Record<string, string> }[] }
        expect(found.runs.map(({ info }) => [info['run_name'], info['lifecycle_stage']])).toEqual([
          ['run 0', 'active'],
          ['run 1', 'active'],
          ['run 2', 'active'],
          ['run 3', 'deleted'],
        ])
        const id = found.runs[0]?.info['run_id']
        const { run } = (await ask(`runs/get?run_id=${id}`)) as unknown as {
          readonly run: { readonly data: Record<string, readonly unknown[]> }
        }
        expect(run.data['metrics']).toEqual(
          expect.arrayContaining([
            expect.objectContaining({ key: 'broken', value: 'NaN' }),
            expect.objectContaining({ key: 'loss', value: 1 / 20, step: 19 }),
          ]),
        )
        expect(run.data['params']).toContainEqual({ key: 'odd key/x', value: 'ä' })
        const { metrics } = await ask(`metrics/get-history?run_id=${id}&metric_key=loss`)
        expect(metrics).toHaveLength(20)
        expect(await ask(`artifacts/list?run_id=${id}`)).toMatchObject({
          files: [{ path: 'notes.txt', is_dir: false, file_size: 7 }],
        })
        expect(await ask('registered-models/get?name=demand')).toMatchObject({
          registered_model: {
            description: 'how many bikes',
            aliases: [{ alias: 'champion', version: '2' }],
          },
        })
        const verified = await fetch(`${server.address}/api/v1/audit/verify`)
        expect(await verified.json()).toMatchObject({ ok: true })
        expect(
          await ask('runs/log-metric', { run_id: id, key: 'loss', value: 1, timestamp: 1 }),
        ).toEqual({})
      },
    )
  },
)
