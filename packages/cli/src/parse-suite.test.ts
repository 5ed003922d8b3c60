import { describe, expect, it } from 'vitest'
import { parseSuite } from './parse-suite.ts'

const parsed = {
  type: 'expect_column_values_to_be_unique',
  kwargs: { column: 'id' },
  severity: 'critical',
  meta: {},
}

describe('a suite in a file', () => {
  it.each([
    [
      'since 1.0',
      {
        name: 's',
        id: null,
        expectations: [{ ...parsed, id: 'x', meta: null, rendered_content: [] }],
      },
    ],
    [
      'before 1.0',
      {
        expectation_suite_name: 's',
        ge_cloud_id: null,
        expectations: [
          {
            expectation_type: parsed.type,
            kwargs: { column: 'id', batch_id: 'b', result_format: 'BASIC' },
            meta: {},
          },
        ],
      },
    ],
  ])('is read as Great Expectations wrote it %s', (_name, suite) => {
    expect(parseSuite(JSON.stringify(suite), 's.json')).toEqual({
      name: 's',
      environments: {},
      meta: {},
      expectations: [parsed],
    })
  })

  it('may be a bare list', () => {
    expect(parseSuite(JSON.stringify([parsed]), 's.json').expectations).toEqual([parsed])
  })

  it.each([
    ['no JSON', '{'],
    ['no expectations', '{"expectations": []}'],
    ['another thing', '"x"'],
    ['an expectation without a type', '{"expectations": [{"kwargs": {}}]}'],
    ['an unknown severity', '{"expectations": [{"type": "t", "severity": "dire"}]}'],
  ])('that holds %s is refused by name', (_name, text) => {
    expect(() => parseSuite(text, 's.json')).toThrow(/s\.json is no expectation suite/)
  })
})
