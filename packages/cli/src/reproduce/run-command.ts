import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { KaizenError, mlflowRunsApi, type RunRecipe } from '@kaizen/contracts'
import type { Client } from '@kaizen/sdk'
import { told } from '../mlflow-calls.ts'

interface Given {
  readonly client: Client
  readonly baseUrl: string
  readonly token: string | undefined
  readonly recipe: RunRecipe
  readonly folder: string
  readonly argv: readonly string[]
  /** Where what the command prints goes: nothing but JSON belongs on standard output then. */
  readonly quiet: boolean
}

/**
 * Runs a command in the restored code under a run of its own, whose id any MLflow client takes up from its environment.
 * Answers the id of the new run.
 */
export async function runCommand(given: Given): Promise<string> {
  const { client, recipe, argv, folder } = given
  const { run } = await told(
    client.call(mlflowRunsApi.create, {
      body: {
        experiment_id: recipe.experimentId,
        run_name: `${recipe.name} again`,
        start_time: Date.now(),
        tags: [
          { key: 'kaizen.reproduces', value: recipe.runId },
          ...(recipe.code.commit === null
            ? []
            : [{ key: 'mlflow.source.git.commit', value: recipe.code.commit }]),
        ],
      },
    }),
  )
  const { run_id: runId } = run.info
  const code = await ended(given, runId)
  const status = code === 0 ? 'FINISHED' : 'FAILED'
  await told(
    client.call(mlflowRunsApi.update, { body: { run_id: runId, status, end_time: Date.now() } }),
  )
  if (code !== 0) {
    process.stderr.write(`kaizen: ${argv[0]} ended with ${code} in ${folder}\n`)
  }
  return runId
}

async function ended(given: Given, runId: string): Promise<number | null> {
  const { recipe, argv, folder, baseUrl, token, quiet } = given
  const [program = '', ...args] = argv
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['inherit', quiet ? process.stderr : 'inherit', 'inherit'],
    env: {
      ...process.env,
      MLFLOW_TRACKING_URI: baseUrl,
      MLFLOW_RUN_ID: runId,
      MLFLOW_EXPERIMENT_ID: recipe.experimentId,
      ...(token === undefined ? {} : { MLFLOW_TRACKING_TOKEN: token }),
      KAIZEN_PARAMS: JSON.stringify(recipe.params),
      ...(recipe.seed === null
        ? {}
        : { KAIZEN_SEED: String(recipe.seed), PYTHONHASHSEED: String(recipe.seed % 2 ** 32) }),
    },
  })
  const [code] = (await once(child, 'exit').catch((cause: unknown) => {
    throw new KaizenError('INVALID_CONFIG', `${program} could not be started`, { cause })
  })) as [number | null]
  return code
}
