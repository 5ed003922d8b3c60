import { type RawBuilder, sql } from 'kysely'
import type { Dialect } from '../../storage/index.ts'

/** Numbers as a query of one column, `number`: one bound value, however many they are. */
export const numberList = (dialect: Dialect, numbers: readonly number[]): RawBuilder<unknown> =>
  dialect === 'postgres'
    ? sql`select unnest(cast(${[...numbers]} as bigint[])) as number`
    : sql`select value as number from json_each(${JSON.stringify(numbers)})`
