import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folders = [new URL('.', import.meta.url), new URL('.', import.meta.resolve('@kaizen/ml'))]

/** Digest over every file that can change what training does; read once. */
let digest: Promise<string> | undefined

async function digestSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const folder of folders.map((url) => fileURLToPath(url))) {
    const paths = (await readdir(folder, { recursive: true }))
      .filter((path) => /\.[jt]s$/.test(path) && !/\.test\.[jt]s$/.test(path))
      .sort()
    for (const path of paths)
      hash
        .update(`${path}\0`)
        .update(await readFile(join(folder, path)))
        .update('\0')
  }
  return hash.digest('hex')
}

/** The steps that this stage brings: the module that is each one's process, and the digest of its code. */
export const trainingSteps = {
  train: {
    main: new URL('./train-main.ts', import.meta.url),
    codeDigest: (): Promise<string> => {
      digest ??= digestSources()
      return digest
    },
  },
} as const
