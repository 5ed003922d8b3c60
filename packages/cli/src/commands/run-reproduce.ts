import { setTimeout as sleep } from 'node:timers/promises'
import {
  KaizenError,
  pipelinesApi,
  type Reproduction,
  type RunRecipe,
  reproductionsApi,
} from '@kaizen/contracts'
import type { Client } from '@kaizen/sdk'
import type { Command } from 'commander'
import { type ApiContext, apiCommand, contextOf } from '../api-command.ts'
import { MlflowEndpoint } from '../mlflow-copy/endpoint.ts'
import { print, printable, renderTable } from '../render.ts'
import { restoreCode } from '../reproduce/restore-code.ts'
import { restoreEnvironment } from '../reproduce/restore-environment.ts'
import { runCommand } from '../reproduce/run-command.ts'
import { followRun } from './pipelines.ts'

interface Flags {
  readonly repository: string
  readonly worktree?: string
  readonly keep?: boolean
  readonly restoreOnly?: boolean
}

/** `kaizen runs reproduce`: exit code 1 when the run came out different or failed. */
export const reproduceCommand = (): Command =>
  apiCommand(
    'reproduce',
    'Restore what made a run, run it again and compare; exits with 1 when it came out different.',
    'kaizen runs reproduce 4f1c2a9e0b7d4c55a3e8f6d21b90c7aa',
    'kaizen runs reproduce run_01m7ywrkvf506jzrgaq5yw20qx --worktree ../again --keep',
    'kaizen runs reproduce 4f1c2a9e0b7d4c55a3e8f6d21b90c7aa -- python train.py --depth 3',
  )
    .argument('<run>', 'id of the tracking run, or of the pipeline run')
    .argument('[command...]', 'how it is run, after --, where no pipeline made it')
    .option('--repository <folder>', 'the git repository of the code', '.')
    .option('--worktree <folder>', 'where the code goes; a temporary folder unless told')
    .option('--keep', 'leave the restored code where it is')
    .option('--restore-only', 'restore, and run nothing')
    .action(async (id: string, argv: readonly string[], flags: Flags, command: Command) => {
      await reproduce(contextOf(command), id, { argv, flags })
    })

async function reproduce(
  context: ApiContext,
  id: string,
  { argv, flags }: { readonly argv: readonly string[]; readonly flags: Flags },
): Promise<void> {
  const { client, baseUrl, token, json } = context
  const say = (line: string): void => {
    // Standard output holds nothing but the result where that is JSON.
    const stream = json ? process.stderr : process.stdout
    stream.write(`${printable(line)}\n`)
  }
  const recipe = await recipeOf(client, id)
  const code = await restoreCode(recipe, {
    repository: flags.repository,
    folder: flags.worktree,
  })
  const keep = flags.keep === true || flags.restoreOnly === true
  try {
    const endpoint = new MlflowEndpoint(baseUrl, { token })
    const environment = await restoreEnvironment(endpoint, recipe, code.folder)
    for (const line of [...code.said, ...environment, ...restoredWords(recipe)]) say(line)
    if (flags.restoreOnly) {
      if (json) print(true, { recipe, folder: code.folder }, () => '')
      return
    }
    const reproduction =
      recipe.pipelineRun === null
        ? await againByCommand(context, recipe, { argv, folder: code.folder })
        : await againByPipeline(client, recipe, say)
    print(json, reproduction, () => describeReproduction(reproduction))
    if (!['identical', 'equivalent'].includes(reproduction.verdict)) process.exitCode = 1
  } finally {
    if (!keep) await code.remove()
  }
}

/** A pipeline run is known by its tracking run too. */
async function recipeOf(client: Client, id: string): Promise<RunRecipe> {
  let runId = id
  if (!/^[0-9a-f]{32}$/.test(id)) {
    const run = await client.call(pipelinesApi.runDetail, { params: { id } })
    if (run.trackingRunId === null) {
      throw new KaizenError('CONFLICT', `the run ${id} has not started yet`)
    }
    runId = run.trackingRunId
  }
  return client.call(reproductionsApi.recipe, { params: { run_id: runId } })
}

function restoredWords(recipe: RunRecipe): readonly string[] {
  const { datasets, params, seed, missing, pipelineRun } = recipe
  const names = datasets.map(({ dataset, version, digest }) =>
    version === null ? `${dataset} (${digest})` : `${dataset} version ${version}`,
  )
  const count = Object.keys(params).length
  return [
    ...(names.length === 0
      ? []
      : [
          pipelineRun === null
            ? `Data: the run read ${names.join(', ')}; whether its program reads the same again is up to it.`
            : `Data: ${names.join(', ')}, as then.`,
        ]),
    `Parameters: ${count}, as then.${seed === null ? ' No seed is known.' : ` Seed ${seed}.`}`,
    ...missing.map((what) => `Not restored: ${what}.`),
  ]
}

async function againByPipeline(
  client: Client,
  recipe: RunRecipe,
  say: (line: string) => void,
): Promise<Reproduction> {
  const params = { run_id: recipe.runId }
  const { id } = await client.call(reproductionsApi.reproduce, { params })
  say(`Running it again as ${id}, from the files that the server keeps.`)
  const run = await followRun(client, id, say)
  for (;;) {
    const { items } = await client.call(reproductionsApi.list, { params })
    const found = items.find(({ byPipelineRun }) => byPipelineRun === run.id)
    if (found) return found
    await sleep(200)
  }
}

async function againByCommand(
  { client, baseUrl, token, json }: ApiContext,
  recipe: RunRecipe,
  { argv, folder }: { readonly argv: readonly string[]; readonly folder: string | null },
): Promise<Reproduction> {
  if (argv.length === 0) {
    throw new KaizenError(
      'UNSUPPORTED',
      'no pipeline made this run, so how it is run is not known',
      {
        hint: `Say it: kaizen runs reproduce ${recipe.runId} -- COMMAND. Or restore alone: --restore-only.`,
      },
    )
  }
  if (folder === null) {
    throw new KaizenError('UNSUPPORTED', 'the code of the run could not be restored', {
      hint: 'Run the command yourself and compare the runs in the user interface.',
    })
  }
  const runId = await runCommand({ client, baseUrl, token, recipe, folder, argv, quiet: json })
  const params = { run_id: recipe.runId }
  return client.call(reproductionsApi.record, { params, body: { by_run: runId } })
}

function describeReproduction(found: Reproduction): string {
  const metrics = found.metrics.filter(({ same }) => same !== 'identical')
  const table =
    metrics.length === 0
      ? []
      : [
          '',
          renderTable(metrics, [
            { title: 'metric', of: (row) => row.name },
            { title: 'first', of: (row) => String(row.original), right: true },
            { title: 'again', of: (row) => String(row.again), right: true },
            { title: 'same', of: (row) => row.same },
          ]),
        ]
  return [
    '',
    `${found.verdict.toUpperCase()}: ${found.runId} and ${found.byRunId}`,
    ...found.findings.map((finding) => `  ${finding}`),
    ...table,
  ].join('\n')
}
