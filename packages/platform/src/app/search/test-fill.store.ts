import { foundKinds } from '@kaizen/contracts'
import { sql } from 'kysely'
import type { Database } from '../../storage/index.ts'
import { findOfKind } from './search.store.ts'
import { wordsFor, wordsOf } from './search-words.ts'

/** Fills a database with runs and traces, and answers how to search it. */
export async function fillSearch(database: Database, count: number) {
  const { reader, dialect } = database
  const numbers =
    dialect === 'postgres'
      ? sql`generate_series(1, ${sql.lit(count)}) as n(at)`
      : sql`(with recursive n(at) as (select 1 union all select at + 1 from n where at < ${sql.lit(count)})
          select at from n) as n`
  const name = (prefix: string) =>
    sql`${sql.lit(prefix)} || substr('00000000' || cast(at as text), -8)`
  const padded =
    dialect === 'postgres'
      ? (prefix: string) => sql`${sql.lit(prefix)} || lpad(cast(at as text), 8, '0')`
      : name
  await database.write(async (tx) => {
    await sql`insert into run (id, experiment_number, name, user_id, status, start_time, lifecycle, artifact_uri)
      select ${padded('b945d8cb0000000000000000')}, 0, ${padded('train-')}, 'ann', 'FINISHED', at, 'active', 'x'
      from ${numbers}`.execute(tx)
    await sql`insert into trace (id, experiment_number, timestamp_ms, state, finalized)
      select ${padded('tr-b945d8cb0000000000000000')}, 0, at, 'OK', 1 from ${numbers}`.execute(tx)
    await sql`insert into trace_tag (trace_number, key, value)
      select number, 'mlflow.traceName', 'answer ' || cast(number as text) from trace`.execute(tx)
    await sql`insert into trace_tag (trace_number, key, value)
      select number, 'other', 'else' from trace`.execute(tx)
  })
  await sql`analyze`.execute(reader).catch(() => undefined)
  return async (text: string) => {
    const words = wordsOf(text)
    const found = await Promise.all(
      foundKinds.map((kind) =>
        findOfKind(reader, kind, {
          dialect,
          words: wordsFor(kind, words),
          limit: 8,
          workspace: 'default',
          experiments: undefined,
          models: undefined,
        }),
      ),
    )
    return found.flat()
  }
}
