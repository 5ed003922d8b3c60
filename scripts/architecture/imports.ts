import { posix } from 'node:path'
import type { Import } from './scan-imports.ts'
import type { Rule, SourceFile, Tree, Violation } from './tree.ts'

/** Which package may import which; the parts that are not packages are held to the same table. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'packages/ml': [],
  'packages/contracts': [],
  'packages/sdk': ['contracts', 'ml'],
  'packages/web': ['contracts', 'sdk'],
  'packages/cli': ['contracts', 'sdk'],
  'packages/platform': ['contracts', 'ml', 'sdk'],
  examples: ['sdk'],
  e2e: ['cli', 'contracts', 'sdk', 'web'],
  bench: ['contracts', 'ml', 'platform', 'sdk'],
  scripts: ['contracts'],
}

/** The command line is a client of the server, except where it starts one or examines the program itself. */
const startsServer = /^packages\/cli\/src\/(?:.*\/)?(?:server|demo)(?:[-./]|$)/
const examinesProgram = /^packages\/cli\/src\/commands\/(?:dev|doctor)\.ts$/

/** The stages of the lifecycle: one may import only those before it. */
export const stages = [
  'kernel',
  'storage',
  'runtime',
  'http',
  'audit',
  'jobs',
  'identity',
  'data',
  'features',
  'tracking',
  'registry',
  'webhooks',
  'training',
  'evaluation',
  'pipelines',
  'serving',
  'monitoring',
  'continual',
  'delivery',
  'app',
] as const

const libraries = [
  {
    name: /^kysely(?:\/|$)/,
    allowed: /\/(?:storage\/.*|(?:.*\.)?store\.ts|migrations\.ts)$/,
    where: 'SQL is written only in storage, store.ts, *.store.ts and migrations.ts',
  },
  {
    name: /^(?:fastify$|@fastify\/)/,
    allowed: /\/(?:http\/.*|app\/.*|(?:.*\.)?routes\.ts)$/,
    where: 'HTTP is handled only in http, app, routes.ts and *.routes.ts',
  },
]

/** Pure code: numbers, schemas and the kernel know no files, sockets or processes. */
const pure = /^packages\/(?:ml|contracts|platform\/src\/kernel)\//
const inputAndOutput =
  /^(?:node:)?(?:fs|fs\/promises|net|tls|dgram|dns|http|https|http2|child_process|cluster|sqlite)$/

const extension = /\.(?:ts|tsx|js|mjs|json|css|svg|wasm)(?:\?\w+)?$/

export const importRules: readonly Rule[] = [
  { name: 'package-table', check: each(packageTable) },
  { name: 'stage-order', check: each(stageOrder) },
  { name: 'stage-door', check: each(stageDoor) },
  { name: 'library-room', check: each(libraryRoom) },
  { name: 'pure-code', check: each(pureCode) },
  { name: 'import-extension', check: each(importExtension) },
  { name: 'test-fixture', check: each(testFixture) },
  { name: 'adapter', check: adapters },
]

/** What tests share: `postgres-fixture.ts`, `test-databases.ts`. */
const isFixture = (path: string): boolean => /-fixture\.ts$|(?:^|\/)test-[^/]+\.ts$/.test(path)

const isTest = (path: string): boolean =>
  /\.test\.tsx?$/.test(path) || isFixture(path) || path.startsWith('e2e/')

type CheckImport = (file: SourceFile, target: Import) => string | undefined

function each(check: CheckImport): Rule['check'] {
  return function* (tree): Iterable<Violation> {
    for (const file of tree.sources) {
      for (const target of file.imports) {
        const message = check(file, target)
        if (message !== undefined) yield { path: file.path, line: target.line, message }
      }
    }
  }
}

function packageTable({ path }: SourceFile, { specifier }: Import): string | undefined {
  const here = unitOf(path)
  const imported = /^@kaizen\/([^/]+)/.exec(specifier)?.[1]
  if (imported !== undefined && here !== undefined) {
    const allowed = mayImport[here]
    if (allowed === undefined) return `${here} is not in the import table; add it with an ADR`
    if (allowed.includes(imported) || here === `packages/${imported}`) return
    if (here === 'packages/cli' && imported === 'platform') {
      if (startsServer.test(path) || examinesProgram.test(path) || isTest(path)) return
      return 'cli imports platform only in the files that start a server or examine the program'
    }
    return `${here} may import ${allowed.join(', ') || 'no other package'}, not ${imported}`
  }
  const target = resolve(path, specifier)
  if (target === undefined || unitOf(target) === here || isFixtureForTest(path, target)) return
  return `${specifier} leaves ${here ?? 'its folder'}; import the package by its name`
}

function stageOrder({ path }: SourceFile, { specifier }: Import): string | undefined {
  const here = stageOf(path)
  const there = stageOf(resolve(path, specifier))
  if (here === undefined || there === undefined || here === there) return
  const unknown = [here, there].find((stage) => !stages.some((known) => known === stage))
  if (unknown !== undefined)
    return `'${unknown}' is not a stage of the lifecycle; add it with an ADR`
  const order: readonly string[] = stages
  if (order.indexOf(there) < order.indexOf(here)) return
  return `${here} comes before ${there} in the lifecycle and may not import it`
}

function stageDoor({ path }: SourceFile, { specifier }: Import): string | undefined {
  const target = resolve(path, specifier)
  const there = stageOf(target)
  if (target === undefined || there === undefined || there === stageOf(path)) return
  if (target === `packages/platform/src/${there}/index.ts`) return
  if (isFixtureForTest(path, target)) return
  return `${specifier} goes past the door of ${there}; import its index.ts`
}

function libraryRoom({ path }: SourceFile, { specifier }: Import): string | undefined {
  if (!path.startsWith('packages/platform/src/') || isTest(path)) return
  return libraries.find(({ name, allowed }) => name.test(specifier) && !allowed.test(path))?.where
}

function pureCode({ path }: SourceFile, { specifier }: Import): string | undefined {
  if (!pure.test(path) || isTest(path) || !inputAndOutput.test(specifier)) return
  return `${specifier} is input and output; pass the value in instead`
}

function importExtension(_: SourceFile, { specifier }: Import): string | undefined {
  if (!specifier.startsWith('.') || extension.test(specifier)) return
  return `'${specifier}' lacks its extension`
}

function testFixture({ path }: SourceFile, { specifier }: Import): string | undefined {
  if (isTest(path) || !specifier.startsWith('.') || !isFixture(specifier)) return
  return 'a fixture is for tests only'
}

/**
 * An adapter is a file of storage named after the port that it adapts, `sqlite-database.ts` beside
 * `database.ts`. Its exports pass through storage/index.ts to app, which alone chooses.
 */
function* adapters(tree: Tree): Iterable<Violation> {
  const storage = 'packages/platform/src/storage/'
  const isAdapter = (path: string): boolean => {
    const port = /^[a-z0-9]+-(.+\.ts)$/.exec(path.slice(storage.length))?.[1]
    return port !== undefined && tree.sources.some((file) => file.path === storage + port)
  }
  const door = tree.sources.find((file) => file.path === `${storage}index.ts`)
  const concrete = new Set<string>()
  for (const passed of door?.imports ?? []) {
    if (!isAdapter(posix.join(storage, passed.specifier))) continue
    for (const name of passed.names) concrete.add(name)
    if (passed.names.includes('*') && door !== undefined) {
      yield { path: door.path, line: passed.line, message: 'name what an adapter exports' }
    }
  }
  for (const file of tree.sources) {
    const stage = stageOf(file.path)
    if (stage === undefined || stage === 'storage' || stage === 'app' || isTest(file.path)) continue
    // The main file of a child process composes that process, as app composes the server.
    if (file.path.endsWith('-main.ts')) continue
    for (const { specifier, names, line } of file.imports) {
      if (resolve(file.path, specifier) !== door?.path) continue
      for (const name of names.filter((each) => concrete.has(each))) {
        yield { path: file.path, line, message: `${name} is an adapter; only app chooses one` }
      }
    }
  }
}

/** A test may reach for the fixture of another room: it is no part of what the room offers. */
function isFixtureForTest(path: string, target: string): boolean {
  return isTest(path) && isFixture(target)
}

function resolve(path: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
}

function unitOf(path: string): string | undefined {
  return /^(?:packages\/[^/]+|examples|e2e|bench|scripts)(?=\/)/.exec(path)?.[0]
}

function stageOf(path: string | undefined): string | undefined {
  return /^packages\/platform\/src\/([^/]+)\//.exec(path ?? '')?.[1]
}
