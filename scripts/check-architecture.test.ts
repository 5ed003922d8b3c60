import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { fileSize } from './architecture/files.ts'
import { readTree } from './architecture/tree.ts'
import { checkArchitecture, rules } from './check-architecture.ts'

/** Text by path; a path that ends with a slash is an empty folder. */
type Files = Readonly<Record<string, string>>

const platform = 'packages/platform/src'
/** A small house in which all is in order. */
const clean: Files = {
  '.gitignore': 'node_modules/\n*.log\n',
  'README.md': '# Kaizen\n',
  'node_modules/kysely/utils/Index.ts': 'export const any: any = 1\n',
  'packages/ml/src/index.ts': "export * from './trees/index.ts'\n",
  'packages/ml/src/trees/index.ts': "export { grow } from './grow.ts'\n",
  'packages/ml/src/trees/grow.ts': 'export const grow = (): number => 1\n',
  'packages/ml/src/trees/grow.test.ts':
    "import { readFileSync } from 'node:fs'\nimport { expect } from 'vitest'\nexpect.any(readFileSync)\n",
  'packages/contracts/src/index.ts': "export { z } from 'zod'\n",
  'packages/sdk/src/client.ts': "import type { z } from '@kaizen/contracts'\nexport type A = z\n",
  'packages/cli/src/client.ts': "export { A } from '@kaizen/sdk'\nexport const a = 1\n",
  'packages/cli/src/server.ts': "import { start } from '@kaizen/platform'\nstart()\n",
  [`${platform}/index.ts`]: "export { start } from './app/index.ts'\n",
  [`${platform}/kernel/index.ts`]: "import { randomUUID } from 'node:crypto'\nrandomUUID()\n",
  [`${platform}/storage/index.ts`]:
    "export type { Database } from './database.ts'\nexport { openSqlite } from './sqlite-database.ts'\n",
  [`${platform}/storage/database.ts`]:
    "import type { Kysely } from 'kysely'\nexport type Database = Kysely<unknown>\n",
  [`${platform}/storage/sqlite-database.ts`]: 'export const openSqlite = (): void => undefined\n',
  [`${platform}/storage/postgres-fixture.ts`]: 'export const startPostgres = 1\n',
  [`${platform}/storage/test-databases.ts`]: "import './postgres-fixture.ts'\nexport const a = 1\n",
  [`${platform}/http/test-server.ts`]:
    "import { a } from '../storage/test-databases.ts'\nexport const b = a\n",
  [`${platform}/http/index.ts`]: "import fastify from 'fastify'\nfastify()\n",
  [`${platform}/data/runs.store.ts`]:
    "import { sql } from 'kysely'\nimport type { Database } from '../storage/index.ts'\nexport { sql, type Database }\n",
  [`${platform}/data/runs.store.test.ts`]:
    "import { startPostgres } from '../storage/postgres-fixture.ts'\nimport { openSqlite } from '../storage/index.ts'\nopenSqlite(startPostgres)\n",
  [`${platform}/app/index.ts`]:
    "import { openSqlite } from '../storage/index.ts'\nexport const start = openSqlite\n",
  'examples/bikes/load_data.py': 'pass\n',
}

/** One violation of each rule (or several ways to break it), planted into the clean house. */
const planted: readonly (readonly [rule: string, files: Files, message: string])[] = [
  ['package-table', { 'packages/ml/src/a.ts': "import '@kaizen/contracts'" }, 'no other package'],
  [
    'package-table',
    { 'packages/sdk/src/a.ts': "import type { A } from '@kaizen/platform'" },
    'contracts, ml, not platform',
  ],
  ['package-table', { 'packages/cli/src/runs.ts': "import '@kaizen/platform'" }, 'start a server'],
  [
    'package-table',
    { 'packages/web/src/a.tsx': "import '../../sdk/src/client.ts'" },
    'by its name',
  ],
  ['package-table', { 'packages/new/src/a.ts': "import '@kaizen/sdk'" }, 'not in the import table'],
  [
    'no-circle',
    {
      [`${platform}/data/a.ts`]: "import type { B } from './b.ts'\nexport type A = B",
      [`${platform}/data/b.ts`]: "import type { C } from './c.ts'\nexport type B = C",
      [`${platform}/data/c.ts`]: "import type { A } from './a.ts'\nexport type C = A",
    },
    `by way of ${platform}/data/b.ts, ${platform}/data/c.ts`,
  ],
  [
    'no-circle',
    { [`${platform}/data/a.ts`]: "import './a.ts'" },
    'imports itself by way of nothing else',
  ],
  [
    'stage-order',
    { [`${platform}/data/a.ts`]: "import '../app/index.ts'" },
    'data comes before app',
  ],
  [
    'stage-order',
    { [`${platform}/other/a.ts`]: "import '../data/index.ts'" },
    "'other' is not a stage",
  ],
  [
    'stage-door',
    { [`${platform}/data/a.ts`]: "import type { A } from '../storage/database.ts'" },
    'past the door of storage',
  ],
  [
    'library-room',
    { [`${platform}/data/service.ts`]: "import type { Kysely } from 'kysely'" },
    'SQL is written only',
  ],
  [
    'library-room',
    { [`${platform}/data/service.ts`]: "import files from '@fastify/static'" },
    'HTTP is handled only',
  ],
  [
    'pure-code',
    { 'packages/ml/src/a.ts': "import { readFile } from 'node:fs/promises'" },
    'pass the value in',
  ],
  [
    'pure-code',
    { [`${platform}/kernel/a.ts`]: "await import('node:child_process')" },
    'pass the value in',
  ],
  [
    'import-extension',
    { 'packages/sdk/src/a.ts': "export * from './client'\nexport const b = 1" },
    'lacks its extension',
  ],
  ['import-extension', { 'packages/sdk/src/a.ts': "import './runs.store'" }, 'lacks its extension'],
  [
    'test-fixture',
    { [`${platform}/storage/a.ts`]: "import './postgres-fixture.ts'" },
    'for tests only',
  ],
  [
    'adapter',
    { [`${platform}/data/a.ts`]: "import { openSqlite } from '../storage/index.ts'" },
    'openSqlite is an adapter',
  ],
  [
    'adapter',
    { [`${platform}/storage/index.ts`]: "export * from './sqlite-database.ts'" },
    'name what an adapter exports',
  ],
  ['file-size', { 'packages/sdk/src/a.ts': 'export {}\n'.repeat(401) }, '401 lines'],
  [
    'kebab-case',
    { 'packages/web/src/RunPage.tsx': 'export {}' },
    "'RunPage.tsx' is not kebab-case",
  ],
  ['kebab-case', { 'docs/the_guide/readme.md': '# Guide' }, "'the_guide' is not kebab-case"],
  ['vague-name', { 'packages/sdk/src/run-utils.ts': 'export {}' }, "'utils' says nothing"],
  ['vague-name', { 'packages/web/src/common/run.ts': 'export {}' }, "'common' says nothing"],
  ['barrel', { 'packages/sdk/src/runs/index.ts': 'export const a = 1' }, 'have an index.ts'],
  [
    'barrel',
    { 'packages/sdk/src/all.ts': "export { a } from './client.ts'" },
    'import those instead',
  ],
  ['empty', { 'packages/sdk/src/later/': '' }, 'is an empty folder'],
  ['empty', { 'docs/.gitkeep': '' }, 'is a placeholder'],
  ['empty', { 'packages/sdk/src/later.ts': '\n' }, 'is a placeholder'],
  [
    'suppression',
    { 'packages/sdk/src/a.ts': `// @ts-${'ignore'} the types are wrong` },
    'use @ts-expect-error',
  ],
  ['suppression', { 'packages/sdk/src/a.ts': `// @ts-${'expect-error'}` }, 'needs a reason'],
  [
    'suppression',
    { 'packages/sdk/src/a.ts': `// biome-${'ignore'} lint/a/b: <explanation>` },
    'needs a reason',
  ],
  ['any', { 'packages/sdk/src/a.ts': 'export const a = (b: any): void => b' }, 'use unknown'],
  ['any', { 'packages/sdk/src/a.ts': 'export const a = 1 as any\n' }, 'use unknown'],
  [
    'mock',
    { 'packages/sdk/src/a.test.ts': "import { vi } from 'vitest'\nvi.mock('./client.ts')" },
    'inject',
  ],
  [
    'spread-literal',
    { 'packages/sdk/src/a.ts': 'export const a = { ...{ b: 1 } }' },
    'into the literal',
  ],
  [
    'machine-path',
    { 'docs/guide.md': `cd ${['', 'home', 'jane', 'kaizen'].join('/')}` },
    'one machine',
  ],
  [
    'registry-host',
    { 'pnpm-lock.yaml': `tarball: https://registry.${'npmjs'}.org/a.tgz` },
    'package registry',
  ],
]

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function house(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'kaizen-architecture-'))
  folders.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path.endsWith('/') ? path : dirname(path)), { recursive: true })
    if (!path.endsWith('/')) writeFileSync(join(root, path), text)
  }
  return root
}

describe('the architecture check', () => {
  it('finds nothing in a clean house', () => {
    expect(checkArchitecture(house(clean))).toEqual([])
  })

  it.each(planted)('%s: sees %j', (rule, files, message) => {
    const found = checkArchitecture(house({ ...clean, ...files }))
    expect(found.map((each) => each.rule)).toEqual([rule])
    expect(found[0]?.message).toContain(message)
    expect(found[0]?.path).toBe(Object.keys(files)[0]?.replace(/\/$/, ''))
  })

  it('has a planted violation for every rule', () => {
    expect(new Set(planted.map(([rule]) => rule))).toEqual(new Set(rules.map(({ name }) => name)))
  })

  it('accepts a long file with a reason, until it is short', () => {
    const long = { ...clean, 'packages/sdk/src/a.ts': 'export {}\n'.repeat(401) }
    const exceptions = { 'packages/sdk/src/a.ts': 'one table of the protocol' }
    expect([...fileSize(readTree(house(long)), exceptions)]).toEqual([])
    expect([...fileSize(readTree(house(clean)), exceptions)]).toHaveLength(1)
  })

  it('accepts any with a reason', () => {
    const excused = `// biome-${'ignore'} lint/suspicious/noExplicitAny: the driver's own type\nexport type A = any\n`
    expect(checkArchitecture(house({ ...clean, 'packages/sdk/src/a.ts': excused }))).toEqual([])
  })
})
