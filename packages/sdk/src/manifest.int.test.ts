import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Manifest, manifest } from '@kaizen/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaizen-project-'))
})
afterEach(() => rm(folder, { recursive: true }))

const kaizen = `
import { between, csv, dataset, pipeline, present, project, pythonStep, table, value, window } from '@kaizen/sdk'
import { count } from './steps/count.ts'
const trips = dataset('trips', {
  source: csv('data/trips.csv', { to: '2011-04-01' }),
  eventTime: { column: 'day', hourColumn: 'hour' },
  expect: { temp: [between(0, 1), present] },
})
const sum = pythonStep('sum', { in: { rows: table(), n: value<number>() }, out: { n: value<number>() }, file: 'py/sum.py' })
const totals = pipeline('totals', {}, () => {
  const { n } = count({ rows: window(trips) })
  return sum({ rows: window(trips), n })
})
export default project({ name: 'taxi', datasets: [trips], pipelines: [totals] })
`
const files: Record<string, string> = {
  'kaizen.ts': kaizen,
  'steps/count.ts': `
import { step, table, value } from '@kaizen/sdk'
import { one } from './one.ts'
export const count = step('count', { in: { rows: table() }, out: { n: value<number>() }, run: () => ({ n: one }) })
`,
  'steps/one.ts': 'export const one = 1\n',
  'py/sum.py': 'import adder\n',
  'py/adder.py': 'pass\n',
  'data/trips.csv': 'day,hour,temp\n',
  '.env': 'SECRET=1\n',
  'node_modules/x/index.js': '',
  '.kaizenignore': '# notes\nnotes/\n*.tmp\n',
  'notes/a.md': '',
  'data/x.tmp': '',
}
async function write(changed: Record<string, string> = {}): Promise<void> {
  for (const [path, content] of Object.entries({ ...files, ...changed })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}
const sdk = new URL('./index.ts', import.meta.url).href
const script = `
const { loadProject, toManifest } = await import(${JSON.stringify(sdk)})
try {
  const bundle = await toManifest(await loadProject(process.argv[1]), { folder: process.argv[1] })
  console.log(JSON.stringify(bundle.manifest))
} catch (error) { console.log(JSON.stringify({ code: error.code, message: error.message })) }
`
async function evaluate(): Promise<Manifest & { code?: string; message?: string }> {
  const args = ['--input-type=module', '-e', script, folder]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}
const codeDigests = (read: Manifest) =>
  Object.fromEntries(read.pipelines[0]?.nodes.map((node) => [node.id, node.codeDigest]) ?? [])

const watched = `
import { batchMonitor, customMetric, project } from '@kaizen/sdk'
import { one } from './steps/one.ts'
EXPORTconst takings = customMetric('takings', { minRows: 5, above: 9, segments: ['city'], run: () => one })
export default project({ name: 'taxi', monitors: [batchMonitor('watch', { custom: [takings] })] })
`

describe('toManifest', () => {
  it('finds the code of metrics, and digests what they import', async () => {
    await write({ 'kaizen.ts': watched.replace('EXPORT', 'export ') })
    const metricOf = (read: Manifest) => read.monitors[0]?.custom[0]
    const before = metricOf(await evaluate())
    const declared = { name: 'takings', module: 'kaizen.ts', export: 'takings', labels: false }
    const rest = { minRows: 5, above: 9, segments: ['city'], timeout: '10s' }
    expect(before).toEqual({ ...declared, ...rest, codeDigest: before?.codeDigest })
    await write({
      'kaizen.ts': watched.replace('EXPORT', 'export '),
      'steps/one.ts': 'export const one = 3\n',
    })
    expect(metricOf(await evaluate())?.codeDigest).not.toBe(before?.codeDigest)
    await write({ 'kaizen.ts': watched.replace('EXPORT', '') })
    const refused = await evaluate()
    expect(refused.code).toBe('INVALID_MANIFEST')
    expect(refused.message).toContain('metric "takings" is not exported by')
  })

  it('yields the manifest of a project folder, the same each time', async () => {
    await write()
    const read = await evaluate()
    expect(manifest.parse(read)).toEqual(read)
    expect(await evaluate()).toEqual(read)
    expect(read.bundle.map(({ path }) => path)).toEqual([
      'data/trips.csv',
      'kaizen.ts',
      'py/adder.py',
      'py/sum.py',
      'steps/count.ts',
      'steps/one.ts',
    ])
    expect(read.datasets[0]).toMatchObject({
      source: { path: 'data/trips.csv', format: 'csv', to: '2011-04-01' },
      rules: [{ column: 'temp', min: 0, max: 1, notNull: true }],
    })
    expect(read.pipelines[0]?.nodes.map(({ id, body }) => [id, body])).toEqual([
      ['count', { kind: 'typescript', module: 'steps/count.ts', export: 'count' }],
      ['sum', { kind: 'command', argv: ['python3', 'py/sum.py'] }],
    ])
    expect(read.pipelines[0]?.outputs).toEqual({ n: { node: 'sum', output: 'n' } })
  })

  it('digests the code that a step can reach, and no other', async () => {
    await write()
    const before = codeDigests(await evaluate())
    await write({ 'steps/one.ts': 'export const one = 2\n' })
    const one = codeDigests(await evaluate())
    expect(one['count']).not.toBe(before['count'])
    expect(one['sum']).toBe(before['sum'])
    await write({ 'py/adder.py': 'x = 1\n' })
    const adder = codeDigests(await evaluate())
    expect(adder['count']).toBe(before['count'])
    expect(adder['sum']).not.toBe(before['sum'])
    await write({ 'kaizen.ts': `${kaizen}\n// another comment\n` })
    expect(codeDigests(await evaluate())).toEqual(before)
  })

  it.each([
    ['NOT_FOUND', 'there is no kaizen.ts', { 'kaizen.ts': undefined }],
    ['INVALID_MANIFEST', 'exports no project', { 'kaizen.ts': 'export default {}' }],
    ['INVALID_MANIFEST', 'fails: ', { 'kaizen.ts': 'nonsense(' }],
    [
      'INVALID_MANIFEST',
      'dataset "trips": the project has no file data/other.csv',
      { 'kaizen.ts': kaizen.replace('trips.csv', 'other.csv') },
    ],
    [
      'INVALID_MANIFEST',
      'no file py/none.py',
      { 'kaizen.ts': kaizen.replace('py/sum.py', 'py/none.py') },
    ],
    [
      'INVALID_MANIFEST',
      'step "count" is not exported by',
      {
        'steps/count.ts': `${files['steps/count.ts']?.replace('export const', 'const')}\nexport const uses = { count }`,
        'kaizen.ts': kaizen.replace('{ count }', '{ uses }').replace('= count(', '= uses.count('),
      },
    ],
    [
      'INVALID_MANIFEST',
      'pipelines."Totals!".name: use 1 to 128 lower-case',
      { 'kaizen.ts': kaizen.replace("'totals'", "'Totals!'") },
    ],
  ])('%s: %s', async (code, message, changed: Record<string, string | undefined>) => {
    await write(changed as Record<string, string>).catch(() => undefined)
    for (const [path, content] of Object.entries(changed))
      if (content === undefined) await rm(join(folder, path), { force: true })
    const read = await evaluate()
    expect(read.message).toContain(message)
    expect(read.code).toBe(code)
  })

  it('refuses a symbolic link, which could lead out of the project', async () => {
    await write()
    await symlink('/etc/passwd', join(folder, 'data/link.csv'))
    expect(await evaluate()).toMatchObject({ code: 'INVALID_PATH' })
  })
})
