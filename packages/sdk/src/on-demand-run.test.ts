import { expect, it } from 'vitest'
import { onDemandView } from './on-demand.ts'
import { type OnDemandQuestion, runOnDemand } from './on-demand-run.ts'

const types = ['boolean', 'integer', 'number', 'string', 'date', 'timestamp'] as const
const all = types.map((type) => ({ name: type, type }))
const asked = (
  columns: OnDemandQuestion['columns'],
  at: readonly number[] = [Date.UTC(2024, 4, 1)],
): OnDemandQuestion => ({
  id: 3,
  module: 'm.ts',
  export: 'm',
  inputs: all,
  features: all,
  columns,
  at,
})
const echo = { run: (row: object) => row }

it('gives each type as JavaScript has it, and takes it back as it travels', async () => {
  const seen: unknown[] = []
  const rows = [
    [true, null],
    [7, null],
    ['NaN', null],
    ['Zürich', null],
    ['2024-02-29', null],
    ['2024-05-01T12:00:00.123456Z', null],
  ]
  const said = await runOnDemand(
    {
      run: (row, { at }) => {
        seen.push(row, at)
        return row
      },
    },
    asked(rows, [1000, 2000]),
  )
  expect(seen).toEqual([
    {
      boolean: true,
      integer: 7,
      number: Number.NaN,
      string: 'Zürich',
      date: '2024-02-29',
      timestamp: new Date('2024-05-01T12:00:00.123Z'),
    },
    new Date(1000),
    Object.fromEntries(types.map((type) => [type, null])),
    new Date(2000),
  ])
  expect(said).toEqual({
    id: 3,
    columns: [...rows.slice(0, 5), ['2024-05-01T12:00:00.123Z', null]],
  })
})

it('refuses integers that it would have to round', async () => {
  const said = await runOnDemand(echo, asked([[null], ['9007199254740993'], ...Array(4).fill([])]))
  expect(said).toMatchObject({
    failure: 'row',
    row: 0,
    message: 'RangeError: "integer" is 9007199254740993, beyond 2^53',
  })
})

it('tells which row was refused, and with which words', async () => {
  const columns = [[], [1, 2, 3], [], [], [], []]
  const run = ({ integer }: { readonly integer?: unknown }) => {
    if (integer === 2) throw new RangeError('two is too many')
    return Object.fromEntries(types.map((type) => [type, null]))
  }
  expect(await runOnDemand({ run: run as never }, asked(columns, [0, 0, 0]))).toEqual({
    id: 3,
    failure: 'row',
    row: 1,
    message: 'RangeError: two is too many',
  })
})

it.each([
  ['no object', 5, 'it answered no features by name'],
  ['nothing of a name', {}, '"boolean" is missing'],
  ['undefined', { boolean: undefined }, '"boolean" is undefined, which is no boolean'],
  ['a fraction', { boolean: null, integer: 0.5 }, '"integer" is 0.5, which is no integer'],
  ['text', { boolean: null, integer: null, number: '1' }, '"number" is "1", which is no number'],
])('does not take %s for an answer', async (_what, answer, message) => {
  const said = await runOnDemand({ run: () => answer }, asked(Array(6).fill([])))
  expect(said).toMatchObject({ failure: 'answer', row: 0, message: `TypeError: ${message}` })
})

it('declares what it takes and makes', () => {
  const { declaration } = onDemandView('risk', {
    inputs: { amount: 'number' },
    features: { big: { type: 'boolean', description: 'over 100' } },
    run: ({ amount }) => ({ big: amount === null ? null : amount > 100 }),
  })
  expect(declaration).toMatchObject({
    inputs: [{ from: 'request', name: 'amount', type: 'number' }],
    features: [{ name: 'big', type: 'boolean', description: 'over 100' }],
  })
})
