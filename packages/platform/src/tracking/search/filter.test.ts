import { KaizenError } from '@kaizen/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RunEntity, runGrammar } from '../runs/run-search.ts'
import { type Clause, filterOperators, parseFilter, parseOrder } from './filter.ts'

const parse = (filter: string) => parseFilter(filter, runGrammar)

describe('filter grammar', () => {
  it.each([
    ['', []],
    ['  ', []],
    [
      'metrics.loss < 0.5',
      [{ entity: 'metric', key: 'loss', operator: '<', value: { kind: 'number', number: 0.5 } }],
    ],
    [
      'metric.a.b>=-1e-3',
      [
        {
          entity: 'metric',
          key: 'a.b',
          operator: '>=',
          value: { kind: 'number', number: -0.001 },
        },
      ],
    ],
    [
      "Params.`learning rate` = 'it''s' AND tags.\"mlflow.runName\" ilike '%X_'",
      [
        {
          entity: 'param',
          key: 'learning rate',
          operator: '=',
          value: { kind: 'text', text: "it's" },
        },
        {
          entity: 'tag',
          key: 'mlflow.runName',
          operator: 'ILIKE',
          value: { kind: 'text', text: '%X_' },
        },
      ],
    ],
    [
      'run_id not in (\'a\', "b") and tags.x is not null',
      [
        {
          entity: 'attribute',
          key: 'run_id',
          operator: 'NOT IN',
          value: { kind: 'list', texts: ['a', 'b'] },
        },
        { entity: 'tag', key: 'x', operator: 'IS NOT NULL', value: { kind: 'none' } },
      ],
    ],
    [
      "`Run name` = 'x'",
      [
        {
          entity: 'attribute',
          key: 'run_name',
          operator: '=',
          value: { kind: 'text', text: 'x' },
        },
      ],
    ],
  ] as const)('reads %s', (filter, clauses) => {
    expect(parse(filter)).toEqual(clauses)
  })

  it.each([
    ["metrics.a = 'x'", /expected a number, but found "x"/],
    ['params.a = 5', /expected a text in quotes/],
    ["tags.a = 'x' OR tags.b = 'y'", /expected AND.*"OR" at character 14/],
    ["params.a > 'x'", /">" cannot be asked of param "a"/],
    ['foo.bar = 1', /unknown entity "foo"/],
    ["nonsense = 'x'", /unknown attribute key "nonsense"; known are run_id/],
    ["tags.a = 'x", /character 10 is not closed/],
    ['metrics. = 1', /expected a key after "metrics."/],
    ['metrics.a', /expected an operator, but the filter ends there/],
    ['metrics.a = 1;drop table run', /unexpected ";" at character 14/],
    ['run_id IN ()', /expected a text in quotes/],
    ['metrics.a = 1 2', /expected AND/],
    ["constructor = 'x'", /unknown attribute key "constructor"/],
    ["tags.a NOT LIKE 'x'", /expected IN after NOT/],
  ])('refuses %s and says where', (filter, message) => {
    expect(() => parse(filter)).toThrow(message)
  })

  const key = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  const text = fc.string({ maxLength: 20, unit: 'grapheme' })
  const quoted = (value: string, quote: string): string =>
    quote + value.replaceAll(quote, quote + quote) + quote
  const clause: fc.Arbitrary<{ readonly text: string; readonly clause: Clause<RunEntity> }> =
    fc.oneof(
      fc
        .record({
          key,
          // Written out, a negative zero is a zero.
          number: fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
          operator: fc.constantFrom('=', '!=', '<', '<=', '>', '>='),
          quote: fc.constantFrom('`', '"'),
        })
        .map(({ key: name, number, operator, quote }) => ({
          text: `metrics.${quoted(name, quote)} ${operator} ${number}`,
          clause: {
            entity: 'metric' as const,
            key: name,
            operator: operator as Clause['operator'],
            value: { kind: 'number' as const, number },
          },
        })),
      fc
        .record({
          key,
          value: text,
          operator: fc.constantFrom('=', '!=', 'LIKE', 'ilike'),
          quote: fc.constantFrom("'", '"'),
          entity: fc.constantFrom('param', 'tag'),
        })
        .map(({ key: name, value, operator, quote, entity }) => ({
          text: `${entity}s.${quoted(name, '`')}${/\w/.test(operator) ? ` ${operator} ` : operator}${quoted(value, quote)}`,
          clause: {
            entity: entity as RunEntity,
            key: name,
            operator: operator.toUpperCase() as Clause['operator'],
            value: { kind: 'text' as const, text: value },
          },
        })),
    )

  it('reads back every filter that can be written', () => {
    fc.assert(
      fc.property(fc.array(clause, { maxLength: 6 }), (clauses) => {
        const filter = clauses.map((each) => each.text).join(' aNd ')
        expect(parse(filter)).toEqual(clauses.map((each) => each.clause))
      }),
    )
  })

  it('answers any text with clauses or with INVALID_FILTER, nothing else', () => {
    const word = fc.constantFrom(
      'metrics',
      '.',
      'params.',
      'tags.`a`',
      "'x'",
      'AND',
      'in',
      '(',
      ')',
      ',',
      '1e9',
      '-',
      'null',
      'is',
      'not',
      '=',
      '<',
      ...filterOperators,
    )
    const noise = fc.oneof(
      fc.string(),
      fc.array(word).map((words) => words.join(' ')),
    )
    fc.assert(
      fc.property(noise, (filter) => {
        try {
          for (const { operator } of parse(filter)) expect(filterOperators).toContain(operator)
        } catch (failure) {
          expect(failure).toBeInstanceOf(KaizenError)
          expect((failure as KaizenError).code).toBe('INVALID_FILTER')
        }
      }),
      { numRuns: 500 },
    )
  })

  it('reads long filters in linear time', () => {
    const long = `tags.${'a'.repeat(1_000_000)} = '${"''".repeat(500_000)}'`
    const start = performance.now()
    parse(long)
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

describe('order', () => {
  const order = (text: string) => parseOrder(text, runGrammar)
  it.each([
    ['metrics.loss', { entity: 'metric', key: 'loss', descending: false }],
    ['metrics.`a b` desc', { entity: 'metric', key: 'a b', descending: true }],
    ['start_time ASC', { entity: 'attribute', key: 'start_time', descending: false }],
    ['attribute.Created DESC', { entity: 'attribute', key: 'start_time', descending: true }],
  ])('reads %s', (text, expected) => {
    expect(order(text)).toMatchObject(expected)
  })
  it.each(['', 'metrics.a DESC x', 'metrics.a, metrics.b', 'start_time; drop'])(
    'refuses "%s"',
    (text) => {
      expect(() => order(text)).toThrow(KaizenError)
    },
  )
})
