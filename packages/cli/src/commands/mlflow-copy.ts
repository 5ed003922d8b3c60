import { KaizenError } from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import type { CopyReport } from '../mlflow-copy/context.ts'
import { copyMlflow } from '../mlflow-copy/copy.ts'
import { isDatabase } from '../mlflow-copy/database-reader.ts'
import { DatabaseSource } from '../mlflow-copy/database-source.ts'
import { MlflowEndpoint } from '../mlflow-copy/endpoint.ts'
import type { MlflowSource } from '../mlflow-copy/source.ts'
import { type CopyTarget, kaizenTarget, mlflowTarget } from '../mlflow-copy/target.ts'
import { print } from '../render.ts'

interface ImportFlags {
  readonly from: string
  readonly artifacts?: string
}

const leftOut = (workspace: string) => ({
  what: `workspace "${workspace}"`,
  why: 'only the workspace "default" of a store is read; run an MLflow server on it for the others',
})

/** `kaizen import`: takes over what another server keeps. */
export const importCommand = (): Command =>
  new Command('import').description('Take over what another server keeps.').addCommand(
    apiCommand(
      'mlflow',
      'Copy experiments, runs, histories, artifacts and models of an MLflow server or store into Kaizen.',
      'kaizen import mlflow --from http://127.0.0.1:5000',
      'kaizen import mlflow --from sqlite:///mlflow.db --artifacts mlartifacts',
      'kaizen import mlflow --from postgresql://mlflow@db/mlflow --artifacts /srv/mlartifacts',
    )
      .requiredOption(
        '--from <url>',
        'address of the MLflow server, USER:PASSWORD@ where it asks; or of the database of its store',
      )
      .option('--artifacts <folder>', 'folder of artifacts of a store whose database is read')
      .action(async (flags: ImportFlags, command: Command) => {
        const { baseUrl, token, json } = contextOf(command)
        const target = kaizenTarget(new MlflowEndpoint(baseUrl, { token }))
        if (!isDatabase(flags.from)) return copy(new MlflowEndpoint(flags.from), target, json)
        await using source = await DatabaseSource.open(flags.from, flags.artifacts)
        const others = await source.otherWorkspaces()
        await copy(source, target, json, others.map(leftOut))
      }),
  )

/** `kaizen export mlflow`: the same the other way, so that nobody is locked in. */
export const exportMlflowCommand = (): Command =>
  apiCommand(
    'mlflow',
    'Copy experiments, runs, histories, artifacts and models of Kaizen to an MLflow server.',
    'kaizen export mlflow --to http://127.0.0.1:5000',
  )
    .requiredOption('--to <url>', 'address of the MLflow server; USER:PASSWORD@ where it asks')
    .action(async (flags: { readonly to: string }, command: Command) => {
      const { baseUrl, token, json } = contextOf(command)
      const target = mlflowTarget(new MlflowEndpoint(flags.to))
      await copy(new MlflowEndpoint(baseUrl, { token }), target, json)
    })

async function copy(
  from: MlflowSource,
  to: CopyTarget,
  json: boolean,
  left: CopyReport['failures'] = [],
): Promise<void> {
  const onProgress = (what: string): void => {
    if (!json && process.stderr.isTTY) process.stderr.write(`\r\u001b[K${what.slice(0, 100)}`)
  }
  const report = await copyMlflow(from, to, onProgress)
  onProgress('')
  report.failures.push(...left)
  const counts = Object.fromEntries(report.counts)
  print(json, { counts, failures: report.failures }, () => told(report))
  if (report.failures.length === 0) return
  throw new KaizenError('CONFLICT', `${report.failures.length} things could not be copied`, {
    hint: 'Mend what the report names and run the command again: it copies what is missing.',
  })
}

const told = ({ counts, failures }: CopyReport): string =>
  [
    ...[...counts].map(([what, count]) => `${count.toLocaleString('en-US').padStart(12)} ${what}`),
    ...failures.map(({ what, why }) => `not copied: ${what}: ${why}`),
  ].join('\n')
