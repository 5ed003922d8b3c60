import { readFileSync } from 'node:fs'
import { exitCodeOfKind, isKaizenError, KaizenError } from '@kaizen/contracts'
import { Command, CommanderError } from 'commander'
import { alertsCommand } from './commands/alerts.ts'
import { auditCommand } from './commands/audit.ts'
import { dataCommand } from './commands/data.ts'
import { demoCommand } from './commands/demo.ts'
import { devCommand } from './commands/dev.ts'
import { doctorCommand } from './commands/doctor.ts'
import { endpointsCommand } from './commands/endpoints.ts'
import { gcCommand } from './commands/gc.ts'
import { initCommand } from './commands/init.ts'
import { loopCommand } from './commands/loop.ts'
import { modelsCommand } from './commands/models.ts'
import { monitorsCommand } from './commands/monitors.ts'
import { pipelinesCommand } from './commands/pipelines.ts'
import { applyCommand, planCommand } from './commands/project.ts'
import { runCommand } from './commands/run.ts'
import { runsCommand } from './commands/runs.ts'
import { serverCommand } from './commands/server.ts'
import { tokensCommand } from './commands/tokens.ts'
import { tracesCommand } from './commands/traces.ts'
import { usersCommand } from './commands/users.ts'
import { webhooksCommand } from './commands/webhooks.ts'
import { reportError } from './report-error.ts'

const usageError = 2

const commands = [
  serverCommand,
  initCommand,
  runCommand,
  planCommand,
  applyCommand,
  dataCommand,
  pipelinesCommand,
  runsCommand,
  tracesCommand,
  modelsCommand,
  endpointsCommand,
  alertsCommand,
  monitorsCommand,
  loopCommand,
  auditCommand,
  webhooksCommand,
  usersCommand,
  gcCommand,
  tokensCommand,
  doctorCommand,
  demoCommand,
  devCommand,
] as const

/** Runs the command line; answers the exit code of the error table. */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('kaizen')
    .description('The whole machine-learning operations loop in one program.')
    .version(version(), '-v, --version', 'print the version')
    .showSuggestionAfterError()
  for (const command of commands) program.addCommand(command())
  throwUsageErrors(program, program.name())
  try {
    await program.parseAsync([...argv])
    // A command whose output says what has failed sets the code itself.
    return Number(process.exitCode ?? 0)
  } catch (failure) {
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : usageError
    reportError(failure, argv.includes('--json'))
    return isKaizenError(failure) ? exitCodeOfKind[failure.kind] : 1
  }
}

/** Wrong usage is told like every other failure, with the way to the help of the command that it was. */
function throwUsageErrors(command: Command, path: string): void {
  command.configureOutput({ outputError: () => undefined })
  command.exitOverride((failure) => {
    if (failure.exitCode === 0 || failure.code === 'commander.help') throw failure
    const message = failure.message.replace(/^error: /, '').replaceAll('\n', ' ')
    throw new KaizenError('INVALID_CONFIG', message, { hint: `See: ${path} --help` })
  })
  for (const child of command.commands) throwUsageErrors(child, `${path} ${child.name()}`)
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
