import { readFileSync } from 'node:fs'
import { exitCodeOfKind, isKaizenError, KaizenError } from '@kaizen/contracts'
import { Command, CommanderError } from 'commander'
import { reportError } from './report-error.ts'

const usageError = 2

/** Every command under its name, in the order of the help. */
export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map(
  Object.entries({
    server: async () => (await import('./commands/server.ts')).serverCommand(),
    init: async () => (await import('./commands/init.ts')).initCommand(),
    run: async () => (await import('./commands/run.ts')).runCommand(),
    plan: async () => (await import('./commands/project.ts')).planCommand(),
    apply: async () => (await import('./commands/project.ts')).applyCommand(),
    data: async () => (await import('./commands/data.ts')).dataCommand(),
    features: async () => (await import('./commands/features.ts')).featuresCommand(),
    pipelines: async () => (await import('./commands/pipelines.ts')).pipelinesCommand(),
    runs: async () => (await import('./commands/runs.ts')).runsCommand(),
    traces: async () => (await import('./commands/traces.ts')).tracesCommand(),
    models: async () => (await import('./commands/models.ts')).modelsCommand(),
    export: async () => (await import('./commands/export.ts')).exportCommand(),
    ensembles: async () => (await import('./commands/ensembles.ts')).ensemblesCommand(),
    endpoints: async () => (await import('./commands/endpoints.ts')).endpointsCommand(),
    batch: async () => (await import('./commands/batch.ts')).batchCommand(),
    schedules: async () => (await import('./commands/schedules.ts')).schedulesCommand(),
    streams: async () => (await import('./commands/streams.ts')).streamsCommand(),
    sinks: async () => (await import('./commands/sinks.ts')).sinksCommand(),
    reports: async () => (await import('./commands/reports.ts')).reportsCommand(),
    alerts: async () => (await import('./commands/alerts.ts')).alertsCommand(),
    monitors: async () => (await import('./commands/monitors.ts')).monitorsCommand(),
    loop: async () => (await import('./commands/loop.ts')).loopCommand(),
    search: async () => (await import('./commands/search.ts')).searchCommand(),
    audit: async () => (await import('./commands/audit.ts')).auditCommand(),
    webhooks: async () => (await import('./commands/webhooks.ts')).webhooksCommand(),
    users: async () => (await import('./commands/users.ts')).usersCommand(),
    gc: async () => (await import('./commands/gc.ts')).gcCommand(),
    import: async () => (await import('./commands/mlflow-copy.ts')).importCommand(),
    tokens: async () => (await import('./commands/tokens.ts')).tokensCommand(),
    doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
    demo: async () => (await import('./commands/demo.ts')).demoCommand(),
    dev: async () => (await import('./commands/dev.ts')).devCommand(commands),
  }),
)

/** The command that was asked for, and no other: each brings libraries of its own. All of them for help and mistakes. */
async function wanted(name: string | undefined): Promise<readonly Command[]> {
  const command = name === undefined ? undefined : commands.get(name)
  return Promise.all(command ? [command()] : [...commands.values()].map((load) => load()))
}

/** Runs the command line; answers the exit code of the error table. */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('kaizen')
    .description('The whole machine-learning operations loop in one program.')
    .version(version(), '-v, --version', 'print the version')
    .showSuggestionAfterError()
    .enablePositionalOptions()
  for (const command of await wanted(argv[2])) program.addCommand(command)
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
