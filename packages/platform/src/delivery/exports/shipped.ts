import { readFile } from 'node:fs/promises'
import type { FileMap } from './tar.ts'

/** Programs that bundles hold as they lie in the folder `shipped`: named there, and named in the bundle. */
export async function shipped(names: Readonly<Record<string, string>>): Promise<FileMap> {
  const entries = Object.entries(names).map(
    async ([path, from]) =>
      [path, await readFile(new URL(`./shipped/${from}`, import.meta.url))] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}
