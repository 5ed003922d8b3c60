import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const program = join(import.meta.dirname, '../../packages/cli/src/main.ts')

/** The words before the first argument that could be a name, a file or an option: `kaizen data create`. */
const verbs = (command: string): readonly string[] => {
  const [, noun = '', verb = ''] = command.split(' ')
  return ['init', 'apply', 'plan', 'server', 'export'].includes(noun) ? [noun] : [noun, verb]
}

/** The first line of a command's help, where there is such a command. */
export const usageLine = (command: string): string => `Usage: kaizen ${verbs(command).join(' ')} `

/** What the program says about a command that the UI shows. */
export async function usageOf(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    ...verbs(command),
    '--help',
  ])
  return stdout
}
