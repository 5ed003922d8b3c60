import { KaizenError } from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import type { CopyReport } from '../mlflow-copy/context.ts'
import { copyMlflow } from '../mlflow-copy/copy.ts'
import { MlflowEndpoint } from '../mlflow-copy/endpoint.ts'
import { type CopyTarget, kaizenTarget, mlflowTarget } from '../mlflow-copy/target.ts'
import { print } from '../render.ts'

/** `kaizen import`: takes over what another server keeps. */
export const importCommand = (): Command =>
  new Command('import').description('Take over what another server keeps.').addCommand(
    apiCommand(
      'mlflow',
      'Copy experiments, runs, histories, artifacts and models of an MLflow server into Kaizen.',
      'kaizen import mlflow --from http://127.0.0.1:5000',
    )
      .requiredOption('--from <url>', 'address of the MLflow server; USER:PASSWORD@ where it asks')
      .action(async (flags: { readonly from: string }, command: Command) => {
        const { baseUrl, token, json } = contextOf(command)
        const target = kaizenTarget(new MlflowEndpoint(baseUrl, { token }))
        await copy(new MlflowEndpoint(flags.from), target, json)
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

async function copy(from: MlflowEndpoint, to: CopyTarget, json: boolean): Promise<void> {
  const onProgress = (what: string): void => {
    if (!json && process.stderr.isTTY) process.stderr.write(`\r\u001b[K${what.slice(0, 100)}`)
  }
  const report = await copyMlflow(from, to, onProgress)
  onProgress('')
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
