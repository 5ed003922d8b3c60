import { KaizenError } from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { type CopiedAccess, readServerAccess } from '../mlflow-copy/access.ts'
import { readAuthDatabase } from '../mlflow-copy/auth-database.ts'
import { openAuthDatabaseWriter } from '../mlflow-copy/auth-database-writer.ts'
import type { CopyReport } from '../mlflow-copy/context.ts'
import { type CopyOptions, copyMlflow } from '../mlflow-copy/copy.ts'
import { isDatabase } from '../mlflow-copy/database-reader.ts'
import { DatabaseSource } from '../mlflow-copy/database-source.ts'
import { listOf, MlflowEndpoint, textOf } from '../mlflow-copy/endpoint.ts'
import type { MlflowSource } from '../mlflow-copy/source.ts'
import { type CopyTarget, kaizenTarget, mlflowTarget } from '../mlflow-copy/target.ts'
import { print } from '../render.ts'

interface ImportFlags {
  readonly from: string
  readonly artifacts?: string
  readonly authDatabase?: string
}

interface ExportFlags {
  readonly to: string
  readonly authDatabase?: string
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
      'Copy experiments, runs, artifacts, models, users and webhooks of an MLflow server or store into Kaizen.',
      'kaizen import mlflow --from http://127.0.0.1:5000',
      'kaizen import mlflow --from sqlite:///mlflow.db --artifacts mlartifacts',
      'kaizen import mlflow --from postgresql://mlflow@db/mlflow --artifacts /srv/mlartifacts',
      'kaizen import mlflow --from http://127.0.0.1:5000 --auth-database sqlite:///basic_auth.db',
    )
      .requiredOption(
        '--from <url>',
        'address of the MLflow server, USER:PASSWORD@ where it asks; or of the database of its store',
      )
      .option('--artifacts <folder>', 'folder of artifacts of a store whose database is read')
      .option(
        '--auth-database <url>',
        'address of the database of basic-auth: users keep their passwords, which a server does not tell',
      )
      .action(async (flags: ImportFlags, command: Command) => {
        const { baseUrl, token, json } = contextOf(command)
        const to = kaizenTarget(new MlflowEndpoint(baseUrl, { token }))
        const named = flags.authDatabase
        if (!isDatabase(flags.from)) {
          const from = new MlflowEndpoint(flags.from)
          const access = () => (named ? readAuthDatabase(named) : readServerAccess(from))
          return copy({ from, to, access, json })
        }
        await using from = await DatabaseSource.open(flags.from, flags.artifacts)
        const left = (await from.otherWorkspaces()).map(leftOut)
        const users = named ?? ((await from.holdsUsers()) ? flags.from : undefined)
        const access = async () => (users ? readAuthDatabase(users) : undefined)
        await copy({ from, to, access, json, left })
      }),
  )

/** `kaizen export mlflow`: the same the other way, so that nobody is locked in. */
export const exportMlflowCommand = (): Command =>
  apiCommand(
    'mlflow',
    'Copy experiments, runs, artifacts, models, users and webhooks of Kaizen to an MLflow server.',
    'kaizen export mlflow --to http://127.0.0.1:5000',
    'kaizen export mlflow --to http://admin@127.0.0.1:5000 --auth-database sqlite:///basic_auth.db',
  )
    .requiredOption('--to <url>', 'address of the MLflow server; USER:PASSWORD@ where it asks')
    .option(
      '--auth-database <url>',
      'address of the database of its basic-auth: takes the passwords that MLflow had hashed',
    )
    .action(async (flags: ExportFlags, command: Command) => {
      const { baseUrl, token, json } = contextOf(command)
      const from = new MlflowEndpoint(baseUrl, { token })
      await using passwords = flags.authDatabase
        ? await openAuthDatabaseWriter(flags.authDatabase)
        : undefined
      const to = mlflowTarget(new MlflowEndpoint(flags.to), passwords)
      const access = async () => {
        const found = await readServerAccess(from)
        return passwords ? withPasswords(from, found) : found
      }
      await copy({ from, to, access, json })
    })

async function withPasswords(from: MlflowEndpoint, access: CopiedAccess): Promise<CopiedAccess> {
  const told = await from.send('/api/v1/imports/users/password-hashes', {})
  const hashes = new Map(
    listOf(told['items']).map((user) => [user['username'], textOf(user['passwordHash'])]),
  )
  const users = access.users.map((user) => ({ ...user, passwordHash: hashes.get(user.username) }))
  return { ...access, users }
}

interface Copying extends Pick<CopyOptions, 'access'> {
  readonly from: MlflowSource
  readonly to: CopyTarget
  readonly json: boolean
  readonly left?: CopyReport['failures']
}

async function copy({ from, to, access, json, left = [] }: Copying): Promise<void> {
  const onProgress = (what: string): void => {
    if (!json && process.stderr.isTTY) process.stderr.write(`\r\u001b[K${what.slice(0, 100)}`)
  }
  const report = await copyMlflow(from, to, { onProgress, access })
  onProgress('')
  report.failures.push(...left)
  const { failures, notes } = report
  const counts = Object.fromEntries(report.counts)
  print(json, { counts, failures, notes }, () => told(report))
  if (failures.length === 0) return
  throw new KaizenError('CONFLICT', `${failures.length} things could not be copied`, {
    hint: 'Mend what the report names and run the command again: it copies what is missing.',
  })
}

const told = ({ counts, failures, notes }: CopyReport): string =>
  [
    ...[...counts].map(([what, count]) => `${count.toLocaleString('en-US').padStart(12)} ${what}`),
    ...notes.map(({ what, why }) => `note: ${what}: ${why}`),
    ...failures.map(({ what, why }) => `not copied: ${what}: ${why}`),
  ].join('\n')
