import { createHash, randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, join, resolve } from 'node:path'
import {
  type ExportTarget,
  exportsApi,
  exportTarget,
  exportTargetFacts,
  exportTargets,
  KaizenError,
} from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { readTar } from '../read-tar.ts'
import { print } from '../render.ts'
import { startOwnServer } from '../server-in-process.ts'
import { exportVerifyCommand } from './export-verify.ts'
import { exportMlflowCommand } from './mlflow-copy.ts'

interface ExportFlags {
  readonly to?: string
  readonly out?: string
}

/** `kaizen export`: a model as a bundle that runs without Kaizen, or, as `export mlflow`, all that MLflow can keep. */
export const exportCommand = (): Command =>
  apiCommand(
    'export',
    'Write a model as a verified bundle that runs without Kaizen.',
    'kaizen export models:/fraud@champion --to c --out fraud-c',
    'kaizen export model.onnx --to javascript --out fraud-js',
  )
    .argument('<model>', 'models:/NAME@ALIAS, models:/NAME/VERSION or an ONNX file')
    .option('--to <target>', exportTargets.join(', '))
    .option('--out <folder>', 'an empty or new folder')
    // What stands behind `mlflow` and `verify` is read by those commands.
    .enablePositionalOptions()
    .addCommand(exportMlflowCommand())
    .addCommand(exportVerifyCommand())
    .action(async (model: string, flags: ExportFlags, command: Command) => {
      const target = parseTarget(given(flags.to, '--to <target>'))
      const folder = resolve(given(flags.out, '--out <folder>'))
      await expectEmpty(folder)
      const files = readTar(await fetchArchive(model, target, command))
      checkSums(files)
      await writeFolder(folder, files)
      print(contextOf(command).json, { folder, target, files: [...files.keys()] }, () =>
        [
          `Wrote ${files.size} files for ${target} to ${folder}, checked against the runtime.`,
          `Check them there with: ${exportTargetFacts[target].check}`,
        ].join('\n'),
      )
    })

/** An option that the copy to MLflow does without, so that commander cannot ask for it. */
function given(value: string | undefined, option: string): string {
  if (value !== undefined) return value
  throw new KaizenError('INVALID_CONFIG', `required option '${option}' not specified`, {
    hint: 'See: kaizen export --help',
  })
}

function parseTarget(text: string): ExportTarget {
  const parsed = exportTarget.safeParse(text)
  if (parsed.success) return parsed.data
  throw new KaizenError('UNSUPPORTED', `there is no export for "${text}"`, {
    hint: `Targets are ${exportTargets.join(', ')}.`,
  })
}

async function fetchArchive(
  model: string,
  to: ExportTarget,
  command: Command,
): Promise<Uint8Array> {
  if (!model.startsWith('models:')) return exportFile(model, to)
  const [, name, alias, version] =
    /^models:\/{1,3}([^/@]+)(?:@([^/@]+)|\/(\d{1,9}))$/.exec(model) ?? []
  if (name === undefined) {
    throw new KaizenError('INVALID_REQUEST', `"${model}" names no version of a model`, {
      hint: 'Write models:/NAME@ALIAS, models:/NAME/VERSION, or the path of an ONNX file.',
    })
  }
  const params = { name, version: version ?? `@${alias}` }
  const { client } = contextOf(command)
  return (await client.stream(exportsApi.version, { params, query: { to } })).bytes()
}

/** Needs no running server: one is started for this call, with data that goes with it. */
async function exportFile(path: string, to: ExportTarget): Promise<Uint8Array> {
  const content = await readFile(path).catch((cause: unknown) => {
    throw new KaizenError('NOT_FOUND', `the file ${path} cannot be read`, {
      hint: 'Name an ONNX file, or a registered model as models:/NAME@ALIAS.',
      cause,
    })
  })
  const dataDir = await mkdtemp(join(tmpdir(), 'kaizen-export-'))
  try {
    await using server = await startOwnServer(dataDir)
    const name = basename(path, extname(path)) || 'model'
    const client = createClient({ baseUrl: server.address })
    const query = { to, name }
    return await (
      await client.exchange(exportsApi.file, { query }, new Uint8Array(content))
    ).bytes()
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** @throws INVALID_DATA when a file is not the one that the bundle's own list names */
function checkSums(files: ReadonlyMap<string, Uint8Array>): void {
  const sums = Buffer.from(files.get('SHA256SUMS') ?? '').toString()
  const listed = new Map(sums.split('\n').map((line) => [line.slice(66), line.slice(0, 64)]))
  for (const [path, content] of files) {
    const sum = createHash('sha256').update(content).digest('hex')
    if (path === 'SHA256SUMS' || path === 'SIGNATURE.json' || listed.get(path) === sum) continue
    throw new KaizenError('INVALID_DATA', `${path} is not what the bundle's checksums say`, {
      hint: 'Ask for it again.',
    })
  }
}

/** @throws ALREADY_EXISTS, INVALID_PATH */
async function expectEmpty(folder: string): Promise<void> {
  const found = await readdir(folder).catch((failure: NodeJS.ErrnoException) => {
    if (failure.code === 'ENOENT') return []
    throw new KaizenError('INVALID_PATH', `the folder ${folder} cannot be used`, {
      hint: 'Name an empty or a new folder that you may write to.',
      cause: failure,
    })
  })
  if (found.length === 0) return
  throw new KaizenError('ALREADY_EXISTS', `the folder ${folder} is not empty`, {
    hint: 'Name an empty or a new folder.',
  })
}

/** Writes beside the folder and renames, so that a folder that is there is whole. */
async function writeFolder(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await mkdir(dirname(folder), { recursive: true })
  // Not a folder of `mkdtemp`, which only its owner may read.
  const aside = `${folder}.${randomUUID()}`
  await mkdir(aside)
  try {
    for (const [path, content] of files) {
      const target = join(aside, path)
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, content, { flush: true })
    }
    await rmdir(folder).catch((failure: NodeJS.ErrnoException) => {
      if (failure.code !== 'ENOENT') throw failure
    })
    await rename(aside, folder)
  } catch (failure) {
    await rm(aside, { recursive: true, force: true })
    throw failure
  }
}
