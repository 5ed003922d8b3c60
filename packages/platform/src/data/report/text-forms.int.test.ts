import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { textPattern } from '@kaizen/ml/profile'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lake, literal, openDuckdbLake } from '../../storage/index.ts'
import { textForms } from './text-forms.ts'

describe('forms of texts', () => {
  let folder: string
  let lake: Lake
  let files = 0
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-forms-'))
    lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
  })
  afterAll(async () => {
    await lake.close()
    await rm(folder, { recursive: true })
  })

  const formsOf = async (values: readonly (string | null)[]) => {
    const path = join(folder, `${files++}.parquet`)
    await lake.writeTable(
      { rowCount: values.length, columns: [{ name: 'code "x', type: 'string', values }] },
      path,
    )
    const schema = [{ name: 'code "x', type: 'string' as const }]
    return textForms(lake, `read_parquet(${literal(path)})`, schema as never)
  }

  it('are counted, the most frequent first, missing values left out', async () => {
    expect(await formsOf(['AB-12', 'X-9', null, 'x 1', 'Q-777', ''])).toEqual([
      {
        column: 'code "x',
        rows: 5,
        distinct: 3,
        forms: [
          { form: 'A-9', rows: 3 },
          { form: '', rows: 1 },
          { form: 'a 9', rows: 1 },
        ],
      },
    ])
    expect(await formsOf([null, null])).toEqual([])
  })

  it('are those that profiles in memory tell, whatever the text', async () => {
    const sign = fc.constantFrom('A', 'ß', 'É', 'x', '7', '٣', ' ', '\t', '-', '@', '…', '日', "'")
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: sign, minLength: 1, maxLength: 20 }), async (text) => {
        const [found] = await formsOf([text])
        expect(found?.forms[0]?.form).toBe(textPattern(text))
      }),
      { numRuns: 40 },
    )
  })
})
