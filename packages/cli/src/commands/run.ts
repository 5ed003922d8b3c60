import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ArtifactRef,
  type JsonValue,
  KaizenError,
  type PipelineDeclaration,
  type PipelineRunDetail,
  type PortKind,
  pipelinesApi,
} from '@kaizen/contracts'
import { type Client, createClient } from '@kaizen/sdk'
import { Command } from 'commander'
import { type Progress, startProgress } from '../demo/progress.ts'
import { exampleText } from '../example-text.ts'
import { formatNumber, print, renderTable } from '../render.ts'
import { startOwnServer } from '../server-in-process.ts'
import { untilSourcesLoaded } from '../source-files.ts'
import { describeRun, followRun, parseParams } from './pipelines.ts'
import { applyProject, readProject } from './project.ts'

const pollMs = 100
/** The bounds of time itself: all rows of a dataset. */
const allTime = { trainFrom: 0, trainTo: 8.64e15 } as const

interface RunFlags {
  readonly folder: string
  readonly dataDir?: string
  readonly out?: string
  readonly cache: boolean
  readonly json: boolean
}

/** `kaizen run`: a pipeline of the project on this machine, without a server to start or to stop. */
export const runCommand = (): Command =>
  new Command('run')
    .description(
      'Run a pipeline of a project on this machine; the server lives as long as the run.',
    )
    .argument('[pipeline]', 'which one; not needed where the project has one')
    .argument('[params...]', 'NAME=VALUE for its parameters; times also as ISO 8601')
    .option('--folder <folder>', 'folder of kaizen.ts', '.')
    .option(
      '--data-dir <folder>',
      "where data and results are kept; .kaizen in the project's folder unless told",
    )
    .option('--out <folder>', 'write the outputs of the pipeline there, a file each')
    .option('--no-cache', 'run every step anew')
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      exampleText(
        'kaizen run --out .results',
        'kaizen run fit-demand trainFrom=2011-01-01 trainTo=2011-04-01',
      ),
    )
    .action(async (name: string | undefined, texts: readonly string[], flags: RunFlags) => {
      const isParam = name?.includes('=') ?? false
      const { manifest } = await readProject(flags.folder)
      const pipeline = choosePipeline(manifest.pipelines, isParam ? undefined : name)
      const params = paramsOf(pipeline, isParam && name !== undefined ? [name, ...texts] : texts)
      const dataDir = flags.dataDir ?? join(flags.folder, '.kaizen')
      await using server = await startOwnServer(dataDir)
      const client = createClient({ baseUrl: server.address })
      await applyProject(client, flags.folder, 'kaizen run')
      await untilSourcesLoaded(client, manifest)
      const progress = startProgress(flags.json ? process.stderr : process.stdout)
      const ended = await runToTheEnd({
        client,
        pipeline: pipeline.name,
        body: { params, cache: flags.cache },
        progress,
      })
      progress.end()
      print(flags.json, ended, () => `${describeRun(ended)}\n\n${describeOutputs(ended)}`)
      if (ended.state === 'succeeded') {
        if (flags.out !== undefined) await writeOutputs(client, pipeline, ended, flags.out)
        return
      }
      throw new KaizenError('STEP_FAILED', `${pipeline.name} has ${ended.state}`, {
        hint: ended.error?.hint ?? 'The log above and the table of steps say where.',
        details: { run: ended.id },
      })
    })

function choosePipeline(
  pipelines: readonly PipelineDeclaration[],
  name: string | undefined,
): PipelineDeclaration {
  const names = pipelines.map((pipeline) => pipeline.name).join(', ')
  const chosen =
    name === undefined && pipelines.length === 1
      ? pipelines[0]
      : pipelines.find((pipeline) => pipeline.name === name)
  if (chosen) return chosen
  if (name !== undefined) {
    throw new KaizenError('NOT_FOUND', `the project has no pipeline "${name}"`, {
      hint: names === '' ? 'It declares none.' : `It has: ${names}.`,
    })
  }
  throw new KaizenError(
    'INVALID_REQUEST',
    pipelines.length === 0
      ? 'the project declares no pipeline'
      : 'the project has more than one pipeline',
    {
      hint:
        pipelines.length === 0
          ? 'Declare one in kaizen.ts with pipeline().'
          : `Name one of them: ${names}.`,
    },
  )
}

/** The values of a run: times as milliseconds, and all rows where a training window is not told. */
export function paramsOf(
  pipeline: Pick<PipelineDeclaration, 'name' | 'params'>,
  texts: readonly string[],
): Record<string, JsonValue> {
  const given = parseParams(texts)
  for (const [name, value] of Object.entries(given)) {
    const declared = pipeline.params[name]
    if (!declared) {
      throw new KaizenError('INVALID_REQUEST', `${pipeline.name} has no parameter "${name}"`, {
        hint: `Its parameters are: ${Object.keys(pipeline.params).join(', ') || 'none'}.`,
      })
    }
    if (declared.type === 'timestamp') given[name] = timeOf(name, value)
  }
  for (const [name, value] of Object.entries(allTime)) {
    const declared = pipeline.params[name]
    if (declared?.type === 'timestamp' && declared.default === undefined) given[name] ??= value
  }
  return given
}

function timeOf(name: string, value: JsonValue): JsonValue {
  const time = typeof value === 'string' ? Date.parse(value) : value
  if (typeof time === 'number' && Number.isFinite(time)) return time
  throw new KaizenError('INVALID_REQUEST', `${name}: ${JSON.stringify(value)} is not a time`, {
    hint: 'Write milliseconds since 1970, or for example 2011-04-01 or 2011-04-01T12:00:00Z.',
  })
}

async function runToTheEnd(options: {
  client: Client
  pipeline: string
  body: { readonly params: Record<string, JsonValue>; readonly cache: boolean }
  progress: Progress
}): Promise<PipelineRunDetail> {
  const { client, pipeline, body, progress } = options
  const { id } = await client.call(pipelinesApi.run, { params: { name: pipeline }, body })
  const cancel = (): void => {
    client.call(pipelinesApi.cancel, { params: { id } }).catch(() => undefined)
  }
  process.once('SIGINT', cancel)
  const following = followRun(client, id, (line) => progress.say(line))
  let isFollowing = true
  const end = (): void => {
    isFollowing = false
  }
  following.then(end, end)
  while (isFollowing) {
    const { steps } = await client.call(pipelinesApi.runDetail, { params: { id } })
    if (steps.total > 0)
      progress.at(steps.done / steps.total, `${steps.done} of ${steps.total} steps`)
    await Promise.race([sleep(pollMs), following])
  }
  process.off('SIGINT', cancel)
  return following
}

const endings: Readonly<Record<PortKind, string>> = {
  model: '.onnx',
  table: '.parquet',
  value: '.json',
  metric: '.json',
  file: '',
}

async function writeOutputs(
  client: Client,
  pipeline: PipelineDeclaration,
  run: PipelineRunDetail,
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, { kind, value }] of Object.entries(run.outputs)) {
    const path = join(folder, `${name}${endings[kind]}`)
    const source = pipeline.outputs[name]
    if (value !== undefined) await writeFile(path, `${JSON.stringify(value, null, 2)}\n`)
    else if (source) {
      const params = { id: run.id, ...source }
      const { body } = await client.stream(pipelinesApi.artifact, { params })
      if (body) await writeFile(path, body)
    }
  }
}

function describeOutputs(run: PipelineRunDetail): string {
  const outputs = Object.entries(run.outputs)
  if (outputs.length === 0) return 'The pipeline declares no outputs.'
  return renderTable(outputs, [
    { title: 'output', of: ([name]) => name },
    { title: 'kind', of: ([, ref]) => ref.kind },
    { title: 'value', of: ([, ref]) => shown(ref) },
    { title: 'digest', of: ([, ref]) => ref.digest?.slice(0, 12) },
  ])
}

/** A value as it is; of a file, its size. */
function shown({ value, sizeBytes }: ArtifactRef): string | null {
  if (value !== undefined) return valueText(value)
  return sizeBytes === null ? null : `${formatNumber(sizeBytes)} bytes`
}

function valueText(value: JsonValue): string {
  if (typeof value === 'number') return formatNumber(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return JSON.stringify(value).slice(0, 120)
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${valueText(inner)}`)
    .join(', ')
    .slice(0, 120)
}
