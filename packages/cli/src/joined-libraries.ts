import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/**
 * Preloaded by `./kaizen`. Modules of this program get the libraries that scripts/join-libraries.ts has joined as one
 * file each, and find one another without asking the file system: their imports name files. Modules that
 * scripts/join-program.ts has joined find the other libraries where the packages that they come from declare them. What
 * users and libraries import is found as ever, and so is everything where nothing is joined.
 */
const root = new URL('../../../', import.meta.url).href
const sources = `${root}packages/`
const joinedProgram = `${root}.tools/program/`
const libraries = new URL('.tools/libraries/', root)

type Index = Readonly<Record<string, string>>

function indexOf(folder: URL): Index {
  try {
    return JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) as Index
  } catch {
    return {}
  }
}

const joined = indexOf(libraries)
/** The package that declares a library, by the library's name. */
let owners: Index | undefined

registerHooks({
  resolve(specifier, context, next) {
    const importer = context.parentURL
    const isJoined = importer?.startsWith(joinedProgram) ?? false
    if (!importer || !(isJoined || importer.startsWith(sources))) return next(specifier, context)
    const library = joined[specifier]
    if (library !== undefined)
      return { url: new URL(library, libraries).href, format: 'module', shortCircuit: true }
    if (isJoined) {
      owners ??= indexOf(new URL('.', importer))
      const owner = owners[specifier]
      return owner === undefined
        ? next(specifier, context)
        : next(specifier, { ...context, parentURL: `${root}${owner}/package.json` })
    }
    if (specifier.startsWith('.') && specifier.endsWith('.ts'))
      return {
        url: new URL(specifier, importer).href,
        format: 'module-typescript',
        shortCircuit: true,
      }
    return next(specifier, context)
  },
})
