import { commands } from '@kaizen/cli/program'

/** The words before the first argument that could be a name, a file or an option: `kaizen data create`. */
const verbs = (command: string): readonly string[] => {
  const [, noun = '', verb = ''] = command.split(' ')
  return ['init', 'apply', 'plan', 'server', 'export', 'batch'].includes(noun)
    ? [noun]
    : [noun, verb]
}

/** The first line of a command's help, where there is such a command. */
export const usageLine = (command: string): string => `Usage: ${verbs(command).join(' ')} `

/** What the program says about a command that the UI shows; asked here, since a process for each takes a second. */
export async function usageOf(command: string): Promise<string> {
  const [noun = '', verb] = verbs(command)
  const found = await commands.get(noun)?.()
  const named = verb === undefined ? found : found?.commands.find((each) => each.name() === verb)
  return named?.helpInformation() ?? `there is no command ${noun} ${verb ?? ''}`
}
