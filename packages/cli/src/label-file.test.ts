import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readLabels } from './label-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-labels-'))
})
afterEach(() => rm(folder, { recursive: true }))

const fields = { id: 'id', value: 'truth', observedAt: 'at' }
async function read(name: string, content: string) {
  const path = join(folder, name)
  await writeFile(path, content)
  return Array.fromAsync(readLabels(path, fields))
}

it('reads CSV with quotes, other columns and times', async () => {
  const text =
    'id,note,truth,at\r\na,"x, ""y""",1,2024-05-01T00:00:00Z\n"b,c",,false,\n\nd,z,high,5\n'
  expect(await read('labels.csv', text)).toEqual([
    { inferenceId: 'a', value: 1, observedAt: Date.UTC(2024, 4, 1) },
    { inferenceId: 'b,c', value: false },
    { inferenceId: 'd', value: 'high', observedAt: 5 },
  ])
})

it('reads JSON Lines', async () => {
  expect(await read('labels.jsonl', '{"id":"a","truth":0.5}\n{"id":7,"truth":"x","at":9}')).toEqual(
    [
      { inferenceId: 'a', value: 0.5 },
      { inferenceId: '7', value: 'x', observedAt: 9 },
    ],
  )
})

it.each([
  ['labels.csv', 'id,truth\na', /:2: 1 values for 2 columns/],
  ['labels.csv', 'id,truth\n"a,1', /:2: a quoted value does not end/],
  ['labels.csv', 'name,truth\na,1', /:2: the field "id" is missing/],
  ['labels.csv', 'id,truth,at\na,1,soon', /:2: the field "at" is no time/],
  ['labels.jsonl', '{"id":"a","truth":null}', /:1: the field "truth"/],
  ['labels.jsonl', '[1', /:1: this is no JSON object/],
])('says which line of %s is wrong in %j', async (name, content, message) => {
  await expect(read(name, content)).rejects.toThrow(message)
})
