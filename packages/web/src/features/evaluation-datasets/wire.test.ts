import { describe, expect, it } from 'vitest'
import { inOneLine, readDatasetPage, readRecordPage, recordsWith } from './wire.ts'

describe('evaluation data sets on the wire', () => {
  it('reads what stands as JSON in texts', () => {
    const { items, nextPageToken } = readDatasetPage({
      datasets: [
        {
          dataset_id: 'd-1',
          name: 'answers',
          profile: '{"num_records":3}',
          schema:
            '{"inputs":{"question":"string"},"outputs":"string","expectations":{},"version":"1.0"}',
          tags: '{"team":"bikes"}',
          experiment_ids: ['1'],
          created_time: 5,
        },
        { dataset_id: 'd-2', name: 'none', tags: 'no JSON' },
      ],
      next_page_token: 't',
    })
    expect(nextPageToken).toBe('t')
    expect(items[0]).toMatchObject({ records: 3, experimentIds: ['1'], createdAt: 5 })
    expect([...(items[0]?.schema ?? [])]).toEqual([
      ['inputs.question', 'string'],
      ['outputs', 'string'],
    ])
    expect(items[1]).toMatchObject({ records: 0, tags: new Map(), schema: new Map() })
  })

  it('finds records by every word, wherever it stands', () => {
    const records = [
      {
        dataset_record_id: 'a',
        inputs: { q: 'How many BIKES?' },
        source_type: 'TRACE',
        source_id: 'tr-1',
      },
      { dataset_record_id: 'b', inputs: { q: 'How far?' }, expectations: { answer: 'bikes' } },
    ]
    const { items } = readRecordPage({ records: JSON.stringify(records) })
    const ids = (text: string) => recordsWith(items, text).map(({ id }) => id)
    expect([ids('bikes'), ids('bikes far'), ids(' '), ids('x')]).toEqual([
      ['a', 'b'],
      ['b'],
      ['a', 'b'],
      [],
    ])
    expect(items.map(({ traceId }) => traceId)).toEqual(['tr-1', null])
    expect(readRecordPage({ records: 'cut' }).items).toEqual([])
  })

  it('says a part in one line', () => {
    expect([inOneLine(null), inOneLine('a'), inOneLine({ q: 'a' }), inOneLine({ n: 1 })]).toEqual([
      null,
      'a',
      'a',
      '{"n":1}',
    ])
  })
})
