import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Lake, openDuckdbLake } from '../storage/index.ts'
import { refuseRepeatedNames } from './column-names.ts'

let folder: string
let lake: Lake

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-names-'))
  lake = openDuckdbLake({ folders: [folder], tempFolder: folder })
})
afterAll(async () => {
  await lake.close()
  await rm(folder, { recursive: true })
})

let files = 0
const check = async (bytes: string | Buffer, format: 'csv' | 'parquet', delimiter = ',') => {
  const path = join(folder, `${files++}.${format}`)
  await writeFile(path, bytes)
  await refuseRepeatedNames(lake, { path, format, delimiter })
}

it.each([
  ['side by side', 'a,a\n1,2\n', ',', /the 1st \("a"\) and the 2nd/],
  ['apart by case', 'id;Zip;x;ZIP\n1;2;3;4\n', ';', /the 2nd \("Zip"\) and the 4th/],
  ['in quotes, with a line break', '"a\nb",c,"a\nb"\n1,2,3\n', ',', /the 1st [^:]* and the 3rd/],
  ['behind a byte order mark', '\uFEFFa,b,a\n1,2,3\n', ',', /the 1st .* and the 3rd/],
  ['before rows of another width', 'a,b,a\n1\n1,2,3,4\n', ',', /the 1st .* and the 3rd/],
])('refuses two columns of one name %s', async (_, text, delimiter, message) => {
  await expect(check(text, 'csv', delimiter)).rejects.toMatchObject({
    code: 'INVALID_DATA',
    message: expect.stringMatching(message),
  })
})

it.each([
  ['names of their own', 'a,b,a_1\n1,2,3\n'],
  ['columns without a name', 'a,,\n1,2,3\n'],
  ['rows that are not as the header', 'a,b\n1\n'],
])('takes %s', async (_, text) => {
  await expect(check(text, 'csv')).resolves.toBeUndefined()
})

/** Columns a (integer), s (list of structs with a field x) and A (integer), one row, as PyArrow writes them. */
const parquet = Buffer.from(
  'UEFSMRUAFRwVHCwVAhUAFQYVBhwAAAACAAAAAgEBAAAAAAAAABUAFSgVKCwVAhUAFQYVBhwAAAACAAAAAgACAAAAAgQBAAAAAAAAABUAFRwVHCwVAhUAFQYVBhwAAAACAAAAAgECAAAAAAAAABUCGXw1ABgGc2NoZW1hFQYAFQQlAhgBYQA1AhgBcxUCFQZMPAAAADUEGARsaXN0FQIANQIYB2VsZW1lbnQVAgAVBCUCGAF4ABUEJQIYAUEAFgIZHBk8JgAcFQQZJQYAGRgBYRUAFgIWQhZCJghJHBUAFQAVAgA8KQYZJgACAAAAJgAcFQQZJQYAGUgBcwRsaXN0B2VsZW1lbnQBeBUAFgIWThZOJkpJHBUAFQAVAgA8KSYCABlWAAAAAAIAAAAmABwVBBklBgAZGAFBFQAWAhZCFkImmAFJHBUAFQAVAgA8KQYZJgACAAAAFtIBFgImCBbSAQAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGTwcAAAcAAAcAAAAIgEAAFBBUjE=',
  'base64',
)

it('refuses two columns of one name of a Parquet file, past the fields inside another', async () => {
  await expect(check(parquet, 'parquet')).rejects.toMatchObject({
    code: 'INVALID_DATA',
    message: expect.stringMatching(/the 1st \("a"\) and the 3rd/),
  })
})
