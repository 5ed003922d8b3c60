import type { Column, JsonValue } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import type { Lake } from '../../storage/index.ts'
import type { RowSource, VersionShape } from './check.ts'
import { expectationOf } from './expectations.ts'

const column = (name: string, type: Column['type']): Column => ({ name, type }) as Column
const before = [column('id', 'integer'), column('price', 'integer'), column('land', 'string')]

const compatible = async (
  schema: readonly Column[],
  kwargs: Readonly<Record<string, JsonValue>> = {},
  earlier: VersionShape | null = { version: 3, rowCount: 10, schema: before },
) => {
  const type = 'expect_table_schema_to_be_compatible_with_previous_version'
  const check = expectationOf(type)({ schema }, kwargs)
  if (check.kind !== 'own') throw new Error('it asks on its own')
  const rows: RowSource = {
    lake: {} as Lake,
    relation: '',
    other: () => Promise.reject(new Error('no other')),
    earlier: () => Promise.resolve(earlier),
    scratchFile: () => '',
    now: 0,
  }
  return check.run(rows)
}

describe('a schema beside the one before', () => {
  it('may gain columns, and must not where they are forbidden', async () => {
    const more = [...before, column('note', 'string')]
    expect(await compatible(more)).toEqual({
      success: true,
      result: {
        observed_value: { added: ['note'], removed: [], retyped: [] },
        details: { since: 3 },
      },
    })
    expect(await compatible(more, { allow_new_columns: false })).toMatchObject({ success: false })
  })

  it('must keep its columns, unless they may go', async () => {
    const fewer = before.slice(1)
    expect(await compatible(fewer)).toMatchObject({
      success: false,
      result: { observed_value: { removed: ['id'] } },
    })
    expect(await compatible(fewer, { allow_missing_columns: true })).toMatchObject({
      success: true,
    })
  })

  it.each<readonly [string, Column['type'], string, boolean]>([
    ['price', 'number', 'none', false],
    ['price', 'number', 'widening', true],
    ['land', 'integer', 'widening', false],
    ['land', 'integer', 'any', true],
  ])('%s as %s with %s', async (name, to, allow, success) => {
    const schema = before.map((c) => (c.name === name ? column(name, to) : c))
    const found = await compatible(schema, { allow_type_changes: allow })
    expect(found.success).toBe(success)
    expect(found.result['observed_value']).toMatchObject({ retyped: [{ column: name, to }] })
  })

  it('of a first version is met', async () => {
    expect(await compatible(before, {}, null)).toMatchObject({
      success: true,
      result: { observed_value: null },
    })
  })

  it.each([[{ allow_type_changes: 'some' }], [{ allow_new_columns: 1 }], [{ since_version: 0 }]])(
    'refuses %j',
    async (kwargs) => {
      await expect(compatible(before, kwargs as never)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      })
    },
  )
})
