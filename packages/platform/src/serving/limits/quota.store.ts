import { type Reader, type Tx, tables } from '../../storage/index.ts'

interface QuotaTables {
  serving_quota_use: {
    endpoint: string
    client: string
    per: string
    period_start: number
    requests: number
    row_count: number
  }
}

/** What a client has used of an endpoint in a day or month. */
export interface QuotaPlace {
  readonly endpoint: string
  readonly client: string
  readonly per: 'day' | 'month'
  readonly start: number
}
export interface Used {
  readonly requests: number
  readonly rows: number
}

export async function findUse(reader: Reader, place: QuotaPlace): Promise<Used> {
  const row = await tables<QuotaTables>(reader)
    .selectFrom('serving_quota_use')
    .select(['requests', 'row_count'])
    .where('endpoint', '=', place.endpoint)
    .where('client', '=', place.client)
    .where('per', '=', place.per)
    .where('period_start', '=', place.start)
    .executeTakeFirst()
  return { requests: row?.requests ?? 0, rows: row?.row_count ?? 0 }
}

/** Adds to what other servers have counted. */
export async function addUse(tx: Tx, place: QuotaPlace, used: Used): Promise<void> {
  await tables<QuotaTables>(tx)
    .insertInto('serving_quota_use')
    .values({
      endpoint: place.endpoint,
      client: place.client,
      per: place.per,
      period_start: place.start,
      requests: used.requests,
      row_count: used.rows,
    })
    .onConflict((conflict) =>
      conflict.columns(['endpoint', 'client', 'per', 'period_start']).doUpdateSet((eb) => ({
        requests: eb('serving_quota_use.requests', '+', used.requests),
        row_count: eb('serving_quota_use.row_count', '+', used.rows),
      })),
    )
    .execute()
}

export async function forgetUses(tx: Tx, before: number): Promise<void> {
  await tables<QuotaTables>(tx)
    .deleteFrom('serving_quota_use')
    .where('period_start', '<', before)
    .execute()
}
