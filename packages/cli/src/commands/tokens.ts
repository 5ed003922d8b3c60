import { type Role, roles, systemApi } from '@kaizen/contracts'
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
          { title: 'revoked', of: (row) => formatTime(row.revokedAt) },
        ]),
      )
    },
  )

const createCommand = (): Command =>
  apiCommand(
    'create',
    'Create a token; its secret is printed once.',
    'kaizen tokens create dashboard --role viewer',
  )
    .argument('<name>', 'who it is for')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).default('viewer'))
    .action(async (name: string, flags: { role: Role }, command: Command) => {
      const { client, json } = contextOf(command)
      const token = await client.call(systemApi.createToken, { body: { name, role: flags.role } })
      print(
        json,
        token,
        () => `${token.secret}\n\nThis secret of ${name} (${token.role}) is shown only now.`,
      )
    })

const revokeCommand = (): Command =>
  apiCommand('revoke', 'Revoke a token.', 'kaizen tokens revoke tok_01m7ywrkvf506jzrgaq5yw20qx')
    .argument('<id>', 'id of the token')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const token = await client.call(systemApi.revokeToken, { params: { id } })
      print(json, token, () => `${token.name} is revoked.`)
    })
