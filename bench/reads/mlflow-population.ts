import { openTarget, type Population, writings } from '../tracking/population.ts'

/** The same runs as `populate` makes, in the database of an `mlflow server` that has been started once and stopped. */
export async function populateMlflow(
  path: string,
  { runs, metrics, params }: Population,
): Promise<void> {
  await using database = await openTarget(path)
  const { series, id } = writings[database.dialect]
  const no = database.dialect === 'postgres' ? 'false' : '0'
  const value = `((r.n * 7919 + k.n * 104729 + (r.n % 97) * (k.n + 13)) % 100003) / 100003.0`
  await database.run('begin')
  await database.run(`insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,
        end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
      select ${id}, 'run-' || (r.n % 5000), 'UNKNOWN', '', '', 'user-' || (r.n % 20),
        case when r.n % 1000 = 0 then 'FAILED' else 'FINISHED' end, 1700000000000 + r.n * 1000,
        1700000000000 + r.n * 1000 + (r.n * 7919) % 100000, '', 'active',
        'mlflow-artifacts:/0/' || ${id} || '/artifacts', 0
      from ${series('r', runs)}`)
  for (const table of ['latest_metrics', 'metrics'])
    await database.run(`insert into ${table} (key, value, timestamp, step, is_nan, run_uuid)
        select 'metric_' || k.n, ${value}, 1700000000000, 10, ${no}, ${id}
        from ${series('r', runs)} cross join ${series('k', metrics)} order by r.n, k.n`)
  await database.run(`insert into params (key, value, run_uuid)
      select 'param_' || k.n, 'value ' || ((r.n * 31 + k.n) % (2 + k.n * k.n)), ${id}
      from ${series('r', runs)} cross join ${series('k', params)} order by r.n, k.n`)
  await database.run(`insert into tags (key, value, run_uuid)
      select 'tag_' || k.n, 'tag ' || (r.n % (3 + 10 * k.n)), ${id}
      from ${series('r', runs)} cross join ${series('k', 5)} order by r.n, k.n`)
  await database.run('commit')
  await database.run('analyze')
}
