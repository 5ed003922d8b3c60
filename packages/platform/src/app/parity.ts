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
  readonly cases: readonly ParityCase[]
}

/**
 * Runs every case file of a folder against this program's own statistics, file by file; JSON files of another schema
 * are passed over. Data files that cases name lie in the folder, or in the one above it.
 * @throws NOT_FOUND without a case file, INVALID_DATA for a file that is not JSON.
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
    if (!content) continue
    found++
    const results = runParityCases(content.cases, { readColumn })
    yield { file: name, family: String(content.family ?? ''), results }
  }
  if (found > 0) return
  throw new KaizenError('NOT_FOUND', `there is no file of parity cases in ${root}`, {
    hint: 'Name a folder with files {"schemaVersion": 1, "family", "cases": [{"id", "function", …}]}.',
  })
}

async function readCases(path: string): Promise<ParityFile | undefined> {
  let content: unknown
  try {
    content = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new KaizenError('INVALID_DATA', `${path} is not JSON`, { cause })
  }
  if (typeof content !== 'object' || content === null || !('cases' in content)) return undefined
  const { cases } = content
  return Array.isArray(cases) && cases.every(isCase) ? (content as ParityFile) : undefined
}

const isCase = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  'function' in value &&
  'inputs' in value &&
  'expected' in value

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
