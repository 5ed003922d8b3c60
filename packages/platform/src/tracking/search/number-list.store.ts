import { type RawBuilder, sql } from 'kysely'
import type { Dialect } from '../../storage/index.ts'

/** Numbers as a query of `number` and its `position` in the list: one bound value, however many they are. */
export const numberList = (dialect: Dialect, numbers: readonly number[]): RawBuilder<unknown> =>
  dialect === 'postgres'
    ? sql`select number, position from unnest(cast(${[...numbers]} as bigint[])) with ordinality as listed (number, position)`
    : sql`select value as number, key as position from json_each(${JSON.stringify(numbers)})`
