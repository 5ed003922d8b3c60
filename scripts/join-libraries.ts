/**
 * Joins each library that every server loads into one file: `node scripts/join-libraries.ts`, called when dependencies
 * are installed. A library of 250 small files costs a start more than all of its own work; as one file it costs a
 * tenth. What is written is a cache: without it the same libraries load file by file (packages/cli/src/joined-libraries.ts).
 */
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire, findPackageJSON } from 'node:module'
import { join } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'
import { writeJoined } from './write-joined.ts'

/** By the package that declares them. */
const libraries = {
  platform: [
    '@bufbuild/protobuf',
    '@bufbuild/protobuf/wire',
    'fastify',
    'kysely',
    'kysely/migration',
    'pino',
    'prom-client',
    'zod',
  ],
  cli: ['commander'],
} as const

const root = join(import.meta.dirname, '..')
const made = join(root, '.tools/libraries')
const aside = `${made}.next`

const fileOf = (library: string): string => library.replaceAll(/[@/]/g, '_')

/** A module with all that the library exports, as Node shows it to an importer in that package. */
function entryOf(library: string, owner: string): string {
  const from = JSON.stringify(library)
  const manifest = readFileSync(findPackageJSON(library, owner) ?? '', 'utf8')
  if ((JSON.parse(manifest) as { readonly type?: string }).type === 'module')
    return `export * from ${from}`
  const names = Object.keys(createRequire(owner)(library) as object).filter(
    (name) => name !== 'default',
  )
  return `import all from ${from}\nexport default all\nexport const { ${names.join(', ')} } = all`
}

/** Messages of validation in other languages than the program's are two thirds of that library's text. */
const otherLanguages = /\/zod\/v4\/locales\/(?!en\.js$|index\.js$)[\w-]+\.js$/

/** A source in which modules of Node that few servers use are asked for where they are used: they hold memory. */
function loadedWhenUsed(code: string, names: readonly string[]): string {
  return names.reduce((text, name) => {
    const required = `require('node:${name}')`
    const changed = text
      .replace(`const ${name} = ${required}\n`, '')
      .replaceAll(new RegExp(`(?<![.\\w])${name}\\.(?=\\w+\\()`, 'g'), `${required}.`)
    if (changed.split(required).length < 2 || changed.includes(`const ${name} = ${required}`))
      throw new Error(`the way that fastify loads ${name} has changed: see loadedWhenUsed`)
    return changed
  }, code)
}

const entries = new Map<string, string>()
const files: Record<string, string> = {}
const input: Record<string, string> = {}
for (const [owner, names] of Object.entries(libraries)) {
  for (const library of names) {
    const entry = join(root, 'packages', owner, `${fileOf(library)}.entry.mjs`)
    entries.set(entry, entryOf(library, join(root, 'packages', owner, 'package.json')))
    input[fileOf(library)] = entry
    files[library] = `${fileOf(library)}.mjs`
  }
}
const plugin: Plugin = {
  name: 'join-libraries',
  resolveId: (id) => (entries.has(id) ? id : null),
  load: (id) => entries.get(id) ?? (otherLanguages.test(id) ? 'export default () => ({})' : null),
  transform: (code, id) =>
    id.endsWith('/fastify/lib/server.js') ? loadedWhenUsed(code, ['http2', 'https']) : null,
}
const bundle = await rolldown({
  input,
  platform: 'node',
  treeshake: false,
  plugins: [plugin],
})
await writeJoined(bundle, aside, () => files)
rmSync(made, { recursive: true, force: true })
renameSync(aside, made)
