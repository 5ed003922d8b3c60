import { KaizenError } from '@kaizen/contracts'
import { type Client, createClient } from '@kaizen/sdk'
import { Command } from 'commander'
import { exampleText } from './example-text.ts'
import { given } from './given.ts'

/** What a command that talks to a server gets. */
export interface ApiContext {
  readonly client: Client
  readonly baseUrl: string
  readonly token: string | undefined
  /** Print JSON, and nothing else, on standard output. */
  readonly json: boolean
}

interface ApiFlags {
  readonly server: string
  readonly token?: string
  readonly json?: boolean
}

export const defaultServer = 'http://127.0.0.1:7420'

/** A command with the options that every call of a server takes, and with at least one example in its help. */
export function apiCommand(
  name: string,
  description: string,
  ...examples: readonly [string, ...string[]]
): Command {
  return new Command(name)
    .description(description)
    .addHelpText('after', exampleText(...examples))
    .option(
      '--server <url>',
      'address of the server; KAIZEN_SERVER says it once',
      process.env['KAIZEN_SERVER'] ?? defaultServer,
    )
    .option('--token <secret>', 'token, where the server asks for one; better in KAIZEN_TOKEN')
    .option('--json', 'print JSON')
}

/** The context of a command's flags. */
export function contextOf(command: Command): ApiContext {
  const flags = command.opts<ApiFlags>()
  const token = flags.token ?? process.env['KAIZEN_TOKEN']
  const baseUrl = addressOf(flags.server)
  const client = createClient({ baseUrl, ...given('token', token) })
  return { client, baseUrl, token, json: flags.json ?? false }
}

function addressOf(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text
  throw new KaizenError('INVALID_CONFIG', `--server: "${text}" is not the address of a server`, {
    hint: `Write for example ${defaultServer}; without --server, KAIZEN_SERVER is read.`,
  })
}
