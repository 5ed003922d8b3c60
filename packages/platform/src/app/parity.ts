import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { KaizenError } from '@kaizen/contracts'
import type { ParityCase, ParityResult } from '@kaizen/ml/parity'

/** How the numbers of this program compare with the golden values of one file. */
export interface ParityFileResult {
  readonly file: string
  readonly family: string
  readonly results: readonly ParityResult[]
}

interface ParityFile {
  readonly family?: unknown
  readonly cases: readonly unknown[]
}

/**
 * Runs every case file of a folder against this program's own statistics, file by file; JSON files of another schema
 * are passed over. A file that is not JSON fails as one case, and a malformed case fails alone. Data files that cases
 * name lie in the folder, or in the one above it.
 * @throws NOT_FOUND without a case file.
 */
export async function* runParityFolder(folder: string): AsyncGenerator<ParityFileResult> {
  const { columnReaderOver, runParityCases } = await import('@kaizen/ml/parity')
  const root = resolve(folder)
  const names = (
    await readdir(root).catch((cause: unknown) => {
      throw new KaizenError('NOT_FOUND', `the folder ${root} cannot be read`, { cause })
    })
  ).filter((name) => name.endsWith('.json'))
  const readColumn = columnReaderOver((file) => readDataFile(root, file))
  let found = 0
  for (const name of names.toSorted()) {
    const content = await readCases(join(root, name))
    if (content === 'another schema') continue
    found++
    if (content === 'not JSON') {
      yield { file: name, family: '', results: [failed(name, 'the file is not JSON')] }
      continue
    }
    const results = content.cases.map((value, i): ParityResult => {
      if (!isCase(value)) return failed(`${name}#${i}`, MALFORMED)
      return runParityCases([value], { readColumn })[0]!
    })
    yield { file: name, family: String(content.family ?? ''), results }
  }
  if (found > 0) return
  throw new KaizenError('NOT_FOUND', `there is no file of parity cases in ${root}`, {
    hint: 'Name a folder with files {"schemaVersion": 1, "family", "cases": [{"id", "function", …}]}.',
  })
}

const MALFORMED = 'the case lacks an id, a function, inputs or expected values of the right type'

const failed = (id: string, why: string): ParityResult => ({
  id,
  passed: false,
  differences: [why],
})

async function readCases(path: string): Promise<ParityFile | 'not JSON' | 'another schema'> {
  let content: unknown
  try {
    content = JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return 'not JSON'
  }
  if (!isObject(content) || !Array.isArray(content['cases'])) return 'another schema'
  const cases = content['cases'] as readonly unknown[]
  const isParity = content['schemaVersion'] !== undefined || cases.some(isCase)
  return isParity ? { family: content['family'], cases } : 'another schema'
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCase = (value: unknown): value is ParityCase =>
  isObject(value) &&
  typeof value['id'] === 'string' &&
  typeof value['function'] === 'string' &&
  isObject(value['inputs']) &&
  isObject(value['expected']) &&
  ['parameters', 'tolerance'].every((name) => value[name] === undefined || isObject(value[name]))

function readDataFile(root: string, file: string): string {
  for (const folder of [root, join(root, '..')]) {
    const path = resolve(folder, file)
    const inside = relative(folder, path)
    if (inside.startsWith(`..${sep}`) || isAbsolute(inside)) break
    try {
      return readFileSync(path, 'utf8')
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code !== 'ENOENT') throw failure
    }
  }
  throw new KaizenError('NOT_FOUND', `the data file ${file} is neither in ${root} nor above it`)
}
