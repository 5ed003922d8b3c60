/**
 * Many runs made by the database itself, in seconds instead of hours: `node bench/tracking/population.ts DATABASE [runs
 * [metrics [params]]]`, where DATABASE is `kaizen.db` of a data directory whose server has been started once and stopped,
 * or a `postgres://` address that a server has used. Values are a fixed function of the numbers of run and key.
 */
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'

export interface Population {
  readonly runs: number
  readonly metrics: number
  readonly params: number
  /** Also a metric that each tenth run has, half of these as a NaN. */
  readonly rare?: boolean
}

export const experimentId = '1000000'

interface Target extends AsyncDisposable {
  readonly dialect: 'sqlite' | 'postgres'
  run(statement: string): Promise<void>
}

/** Opens an SQLite file or a PostgreSQL address for statements that fill it. */
export async function openTarget(database: string): Promise<Target> {
  if (!database.startsWith('postgres')) {
    const sqlite = new DatabaseSync(database)
    sqlite.exec('pragma synchronous = off; pragma cache_size = -400000')
    return {
      dialect: 'sqlite',
      run: async (statement) => sqlite.exec(statement),
      [Symbol.asyncDispose]: async () => sqlite.close(),
    }
  }
  const client = new Client({ connectionString: database })
  await client.connect()
  return {
    dialect: 'postgres',
    run: async (statement) => void (await client.query(statement)),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

/** What the databases write differently: numbers from 0 as `NAME.n`, and the id of run `r.n`. */
export const writings = {
  sqlite: {
    series: (name: string, count: number): string =>
      `(with recursive c(n) as (select 0 union all select n + 1 from c where n < ${count} - 1) select n from c) as ${name}`,
    id: `printf('%08x%024x', r.n, (r.n * 7919) % 65536)`,
  },
  postgres: {
    series: (name: string, count: number): string =>
      `generate_series(0, ${count} - 1) as ${name}(n)`,
    id: `lpad(to_hex(r.n), 8, '0') || lpad(to_hex((r.n * 7919) % 65536), 24, 'a')`,
  },
} as const

/**
 * Fills an experiment of its own, run by run as clients do; the database must hold none of that number yet.
 */
export async function populate(
  database: string,
  { runs, metrics, params, rare = false }: Population,
): Promise<void> {
  await using target = await openTarget(database)
  const { series, id: hex } = writings[target.dialect]
  const run = `(${experimentId}00 + r.n)`
  const share = (a: number, b: number): string =>
    `((r.n * ${a} + k.n * ${b} + (r.n % 97) * (k.n + 13)) % 100003) / 100003.0`
  await target.run('begin')
  await target.run(`insert into experiment (number, name, artifact_location, lifecycle, created_at, updated_at)
    values (${experimentId}, 'population', 'mlflow-artifacts:/${experimentId}', 'active', 0, 0)`)
  await target.run(`insert into run (number, id, experiment_number, name, user_id, status, start_time, end_time, lifecycle, artifact_uri)
    select ${run}, ${hex}, ${experimentId}, 'run-' || (r.n % 5000), 'user-' || (r.n % 20),
      case when r.n % 1000 = 0 then 'FAILED' else 'FINISHED' end,
      1700000000000 + r.n * 1000, 1700000000000 + r.n * 1000 + (r.n * 7919) % 100000, 'active',
      'mlflow-artifacts:/${experimentId}/' || ${hex} || '/artifacts'
    from ${series('r', runs)}`)
  for (const table of ['run_latest_metric', 'run_metric']) {
    const [more, value] =
      table === 'run_latest_metric' ? [', experiment_number', `, ${experimentId}`] : ['', '']
    await target.run(`insert into ${table} (run_number, key, step, timestamp, value, is_nan${more})
      select ${run}, 'metric_' || k.n, 10, 1700000000000, ${share(7919, 104729)}, 0${value}
      from ${series('r', runs)} cross join ${series('k', metrics)} order by r.n, k.n`)
  }
  if (rare)
    await target.run(`insert into run_latest_metric (run_number, key, step, timestamp, value, is_nan, experiment_number)
      select ${run}, 'metric_rare', 1, 1700000000000, case when r.n % 20 = 0 then 0 else (r.n % 1000) / 1000.0 end,
        case when r.n % 20 = 0 then 1 else 0 end, ${experimentId}
      from ${series('r', runs)} where r.n % 10 = 0`)
  await target.run(`insert into run_param (run_number, key, value, experiment_number)
    select ${run}, 'param_' || k.n, 'value ' || ((r.n * 31 + k.n) % (2 + k.n * k.n)), ${experimentId}
    from ${series('r', runs)} cross join ${series('k', params)} order by r.n, k.n`)
  await target.run(`insert into run_tag (run_number, key, value, experiment_number)
    select ${run}, 'tag_' || k.n, 'tag ' || (r.n % (3 + 10 * k.n)), ${experimentId}
    from ${series('r', runs)} cross join ${series('k', 5)} order by r.n, k.n`)
  await target.run(`insert into input_dataset (experiment_number, name, digest, source_type, source)
    select ${experimentId}, 'data ' || d.n, 'digest' || d.n, 'local', '{}' from ${series('d', 20)}`)
  await target.run(`insert into run_dataset (run_number, dataset_number, context, tags)
    select ${run}, d.number, 'training', '[]' from ${series('r', runs)}
    join input_dataset as d on d.experiment_number = ${experimentId} and d.name = 'data ' || (r.n % 20)`)
  await target.run('commit')
  await target.run('analyze')
}

if (import.meta.main) {
  const [database, runs = '100000', metrics = '50', params = '50'] = process.argv.slice(2)
  if (database === undefined) {
    console.error('node bench/tracking/population.ts DATABASE [runs [metrics [params]]]')
    process.exit(2)
  }
  const began = performance.now()
  await populate(database, {
    runs: Number(runs),
    metrics: Number(metrics),
    params: Number(params),
  })
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${runs} runs of ${metrics} metrics and ${params} parameters in ${seconds} s`)
}
