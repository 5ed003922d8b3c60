import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RolldownBuild } from 'rolldown'

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Writes joined modules and what is to be known of them into a folder. */
export async function writeJoined(
  bundle: RolldownBuild,
  folder: string,
  index: () => unknown,
): Promise<void> {
  const { output } = await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-shared.mjs',
    comments: false,
    keepNames: true,
  })
  // One letter beyond Latin-1 makes all of a source two bytes a character. Written last: the joiner prints letters again.
  for (const { fileName } of output) {
    const file = join(folder, fileName)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/[^\0-\x7F]/g, escaped))
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'index.json'), JSON.stringify(index(), null, 2))
}
