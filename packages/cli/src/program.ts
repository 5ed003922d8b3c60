import { exitCodeOfKind, isKaizenError } from '@kaizen/contracts'
import { Command, CommanderError } from 'commander'
import { serverCommand } from './commands/server.ts'
import { reportError } from './report-error.ts'

const usageError = 2

/** Runs the command line; answers the exit code of the error table. */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('kaizen')
    .description('The whole machine-learning operations loop in one program.')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for the options and examples)')
  program.addCommand(serverCommand())
  try {
    await program.parseAsync([...argv])
    return 0
  } catch (failure) {
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : usageError
    reportError(failure, argv.includes('--json'))
    return isKaizenError(failure) ? exitCodeOfKind[failure.kind] : 1
  }
}
