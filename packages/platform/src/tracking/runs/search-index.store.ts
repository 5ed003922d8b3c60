import { type RawBuilder, sql } from 'kysely'
import type { Dialect } from '../../storage/index.ts'

/** PostgreSQL's indexes hold no long texts: values are indexed by their beginning. */
const indexedCharacters = 200

/** The expression by which values of parameters and tags are indexed; it must be written in every query alike. */
export const indexedValue = (dialect: Dialect, column: RawBuilder<unknown>): RawBuilder<unknown> =>
  dialect === 'postgres' ? sql`(substr(${column}, 1, ${sql.lit(indexedCharacters)}))` : column

/** What `indexedValue` makes of a text. */
export const indexedText = (dialect: Dialect, text: string): string =>
  dialect === 'postgres' && text.length > indexedCharacters
    ? [...text].slice(0, indexedCharacters).join('')
    : text

/** Whether values before and after a text are told apart by their beginnings alone. */
export const isIndexedWhole = (text: string): boolean => text.length < indexedCharacters
