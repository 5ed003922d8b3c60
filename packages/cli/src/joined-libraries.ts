import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/**
 * Preloaded by `./kaizen`. Modules of this program get the libraries that scripts/join-libraries.ts has joined as one
 * file each, and find one another without asking the file system: their imports name files. What users and libraries
 * import is found as ever, and so is everything where nothing is joined.
 */
const program = new URL('../..', import.meta.url).href
const folder = new URL('../../../.tools/libraries/', import.meta.url)

function joinedLibraries(): ReadonlyMap<string, string> {
  try {
    const files: unknown = JSON.parse(readFileSync(new URL('index.json', folder), 'utf8'))
    return new Map(
      Object.entries(files as Record<string, string>).map(([library, file]) => [
        library,
        new URL(file, folder).href,
      ]),
    )
  } catch {
    return new Map()
  }
}

const joined = joinedLibraries()

registerHooks({
  resolve(specifier, context, next) {
    const importer = context.parentURL
    if (!importer?.startsWith(program)) return next(specifier, context)
    const library = joined.get(specifier)
    if (library !== undefined) return { url: library, format: 'module', shortCircuit: true }
    if (specifier.startsWith('.') && specifier.endsWith('.ts'))
      return {
        url: new URL(specifier, importer).href,
        format: 'module-typescript',
        shortCircuit: true,
      }
    return next(specifier, context)
  },
})
