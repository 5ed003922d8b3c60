import { duration, durationMs, KaizenError, type Role, roles, systemApi } from '@kaizen/contracts'
import { Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { formatTime, print, renderTable } from '../render.ts'

/** `kaizen tokens`: who may do what. */
export function tokensCommand(): Command {
  return new Command('tokens')
    .description('Bearer tokens with a role each.')
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(revokeCommand())
}

const listCommand = (): Command =>
  apiCommand('list', 'List tokens.', 'kaizen tokens list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const tokens = await Array.fromAsync(client.paged(systemApi.tokens))
      print(json, tokens, () =>
        renderTable(tokens, [
          { title: 'id', of: (row) => row.id },
          { title: 'name', of: (row) => row.name },
          { title: 'role', of: (row) => row.role },
          { title: 'created', of: (row) => formatTime(row.createdAt) },
          { title: 'last used', of: (row) => formatTime(row.lastUsedAt) },
          { title: 'expires', of: (row) => formatTime(row.expiresAt) },
          { title: 'revoked', of: (row) => formatTime(row.revokedAt) },
          { title: 'acts as', of: (row) => row.username },
          { title: 'endpoint', of: (row) => row.endpoint },
        ]),
      )
    },
  )

const createCommand = (): Command =>
  apiCommand(
    'create',
    'Create a token; its secret is printed once.',
    'kaizen tokens create dashboard --role viewer',
    'kaizen tokens create ci --role editor --expires-in 90d',
    'kaizen tokens create shop --endpoint fraud',
  )
    .argument('<name>', 'who it is for')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).default('viewer'))
    .option('--expires-in <duration>', 'refuse it after this time, for example 90d')
    .option('--endpoint <name>', 'it may ask this endpoint for predictions, and nothing else')
    .action(
      async (
        name: string,
        flags: { role: Role; expiresIn?: string; endpoint?: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const token = await client.call(systemApi.createToken, {
          body: {
            name,
            role: flags.role,
            expiresAt: expiryOf(flags.expiresIn),
            endpoint: flags.endpoint ?? null,
          },
        })
        print(
          json,
          token,
          () => `${token.secret}\n\nThis secret of ${name} (${token.role}) is shown only now.`,
        )
      },
    )

const revokeCommand = (): Command =>
  apiCommand('revoke', 'Revoke a token.', 'kaizen tokens revoke tok_01m7ywrkvf506jzrgaq5yw20qx')
    .argument('<id>', 'id of the token')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const token = await client.call(systemApi.revokeToken, { params: { id } })
      print(json, token, () => `${token.name} is revoked.`)
    })

function expiryOf(text: string | undefined): number | null {
  if (text === undefined) return null
  if (duration.safeParse(text).success) return Date.now() + durationMs(text)
  throw new KaizenError('INVALID_CONFIG', `--expires-in: "${text}" is not a duration`, {
    hint: 'Write for example 12h, 30d or 52w.',
  })
}
