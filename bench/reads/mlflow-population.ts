import { DatabaseSync } from 'node:sqlite'
import type { Population } from '../tracking/population.ts'

/** The same runs as `populate` makes, in the SQLite database of an `mlflow server` that has been started once and stopped. */
export async function populateMlflow(
  path: string,
  { runs, metrics, params }: Population,
): Promise<void> {
  const database = new DatabaseSync(path)
  const series = (name: string, count: number): string =>
    `(with recursive c(n) as (select 0 union all select n + 1 from c where n < ${count} - 1) select n from c) as ${name}`
  const id = `printf('%08x%024x', r.n, (r.n * 7919) % 65536)`
  const value = `((r.n * 7919 + k.n * 104729 + (r.n % 97) * (k.n + 13)) % 100003) / 100003.0`
  try {
    database.exec('pragma synchronous = off; begin')
    database.exec(`insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,
        end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
      select ${id}, 'run-' || (r.n % 5000), 'UNKNOWN', '', '', 'user-' || (r.n % 20),
        case when r.n % 1000 = 0 then 'FAILED' else 'FINISHED' end, 1700000000000 + r.n * 1000,
        1700000000000 + r.n * 1000 + (r.n * 7919) % 100000, '', 'active',
        'mlflow-artifacts:/0/' || ${id} || '/artifacts', 0
      from ${series('r', runs)}`)
    for (const table of ['latest_metrics', 'metrics'])
      database.exec(`insert into ${table} (key, value, timestamp, step, is_nan, run_uuid)
        select 'metric_' || k.n, ${value}, 1700000000000, 10, 0, ${id}
        from ${series('r', runs)} cross join ${series('k', metrics)}`)
    database.exec(`insert into params (key, value, run_uuid)
      select 'param_' || k.n, 'value ' || ((r.n * 31 + k.n) % (2 + k.n * k.n)), ${id}
      from ${series('r', runs)} cross join ${series('k', params)}`)
    database.exec(`insert into tags (key, value, run_uuid)
      select 'tag_' || k.n, 'tag ' || (r.n % (3 + 10 * k.n)), ${id}
      from ${series('r', runs)} cross join ${series('k', 5)}`)
    database.exec('commit; analyze')
  } finally {
    database.close()
  }
}
