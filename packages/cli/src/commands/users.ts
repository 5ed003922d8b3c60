import {
  type Permission,
  permissions,
  type ResourceKind,
  type Role,
  resourceKinds,
  roles,
  rolesApi,
  usersApi,
} from '@kaizen/contracts'
import { Argument, Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { readSecret } from '../read-secret.ts'
import { formatTime, print, renderTable } from '../render.ts'

/** `kaizen users`: people, their roles and what they may do. */
export function usersCommand(): Command {
  return new Command('users')
    .description('Users with passwords or single sign-on, named roles, permissions.')
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(passwordCommand())
    .addCommand(roleCommand())
    .addCommand(deleteCommand())
    .addCommand(grantCommand())
    .addCommand(revokeCommand())
    .addCommand(permissionsCommand())
    .addCommand(rolesCommand())
    .addCommand(createRoleCommand())
    .addCommand(joinCommand())
    .addCommand(leaveCommand())
}

const username = (): Argument => new Argument('<username>', 'name of the user')
const kind = (): Argument =>
  new Argument('<kind>', 'what the permission is about').choices([...resourceKinds])
const id = (): Argument =>
  new Argument('<id>', 'id of the experiment, name of the model, or * for all')

const listCommand = (): Command =>
  apiCommand('list', 'List users.', 'kaizen users list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const users = await Array.fromAsync(client.paged(usersApi.list))
      print(json, users, () =>
        renderTable(users, [
          { title: 'username', of: (row) => row.username },
          { title: 'role', of: (row) => row.role },
          { title: 'named roles', of: (row) => row.roles.join(', ') },
          { title: 'logs in by', of: (row) => (row.singleSignOn ? 'single sign-on' : 'password') },
          { title: 'last login', of: (row) => formatTime(row.lastLoginAt) },
        ]),
      )
    },
  )

const createCommand = (): Command =>
  apiCommand(
    'create',
    'Create a user; the password is read from KAIZEN_USER_PASSWORD or asked for.',
    'kaizen users create ann --role editor',
  )
    .addArgument(username())
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).default('editor'))
    .action(async (name: string, flags: { role: Role }, command: Command) => {
      const { client, json } = contextOf(command)
      const password = await readSecret('KAIZEN_USER_PASSWORD', `Password of ${name}`)
      const body = { username: name, password, role: flags.role }
      const user = await client.call(usersApi.create, { body })
      print(json, user, () => `${name} may log in now, as ${user.role}.`)
    })

const passwordCommand = (): Command =>
  apiCommand(
    'password',
    'Set the password of a user; it is read from KAIZEN_USER_PASSWORD or asked for.',
    'kaizen users password ann',
  )
    .addArgument(username())
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const password = await readSecret('KAIZEN_USER_PASSWORD', `New password of ${name}`)
      const params = { username: name }
      const user = await client.call(usersApi.update, { params, body: { password } })
      print(json, user, () => `The password of ${name} is changed; its sessions have ended.`)
    })

const roleCommand = (): Command =>
  apiCommand('role', 'Change the role of a user.', 'kaizen users role ann admin')
    .addArgument(username())
    .addArgument(new Argument('<role>', 'what it may do').choices([...roles]))
    .action(async (name: string, role: Role, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const params = { username: name }
      const user = await client.call(usersApi.update, { params, body: { role } })
      print(json, user, () => `${name} is ${user.role} now.`)
    })

const deleteCommand = (): Command =>
  apiCommand(
    'delete',
    'Delete a user with its tokens, sessions and permissions.',
    'kaizen users delete ann',
  )
    .addArgument(username())
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      await client.call(usersApi.delete, { params: { username: name } })
      print(json, {}, () => `${name} is deleted.`)
    })

const grantCommand = (): Command =>
  apiCommand(
    'grant',
    'Give a user, or with --role a named role, a permission.',
    'kaizen users grant ann experiment 7 EDIT',
    'kaizen users grant risk registered_model fraud READ --role',
  )
    .addArgument(new Argument('<holder>', 'name of the user or role'))
    .addArgument(kind())
    .addArgument(id())
    .addArgument(new Argument('<permission>', 'level').choices([...permissions]))
    .option('--role', 'the holder is a named role', false)
    .action(
      async (
        name: string,
        resourceKind: ResourceKind,
        resourceId: string,
        permission: Permission,
        flags: { role: boolean },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const body = { kind: resourceKind, id: resourceId, permission }
        if (flags.role) await client.call(rolesApi.grant, { params: { name }, body })
        else await client.call(usersApi.grant, { params: { username: name }, body })
        print(json, body, () => `${name} has ${permission} on ${resourceKind} ${resourceId}.`)
      },
    )

const revokeCommand = (): Command =>
  apiCommand(
    'revoke',
    'Take a permission back.',
    'kaizen users revoke ann experiment 7',
    'kaizen users revoke risk registered_model fraud --role',
  )
    .addArgument(new Argument('<holder>', 'name of the user or role'))
    .addArgument(kind())
    .addArgument(id())
    .option('--role', 'the holder is a named role', false)
    .action(
      async (
        name: string,
        resourceKind: ResourceKind,
        resourceId: string,
        flags: { role: boolean },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const query = { kind: resourceKind, id: resourceId }
        if (flags.role) await client.call(rolesApi.revoke, { params: { name }, query })
        else await client.call(usersApi.revoke, { params: { username: name }, query })
        print(json, query, () => `${name} has no permission of its own on ${resourceId} any more.`)
      },
    )

const permissionsCommand = (): Command =>
  apiCommand('permissions', 'List what a user may do.', 'kaizen users permissions ann')
    .addArgument(username())
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { items } = await client.call(usersApi.permissions, { params: { username: name } })
      print(json, items, () =>
        renderTable(items, [
          { title: 'kind', of: (row) => row.kind },
          { title: 'id', of: (row) => row.id },
          { title: 'permission', of: (row) => row.permission },
          { title: 'by role', of: (row) => row.role },
        ]),
      )
    })

const rolesCommand = (): Command =>
  apiCommand('roles', 'List named roles.', 'kaizen users roles').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { items } = await client.call(rolesApi.list)
      print(json, items, () =>
        renderTable(items, [
          { title: 'role', of: (row) => row.name },
          { title: 'members', of: (row) => row.members.join(', ') },
          { title: 'permissions', of: (row) => row.permissions.length, right: true },
          { title: 'description', of: (row) => row.description },
        ]),
      )
    },
  )

const createRoleCommand = (): Command =>
  apiCommand('create-role', 'Create a named role.', 'kaizen users create-role risk')
    .argument('<name>', 'name of the role')
    .option('--description <text>', 'what it is for', '')
    .action(async (name: string, flags: { description: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const body = { name, description: flags.description }
      const role = await client.call(rolesApi.create, { body })
      print(json, role, () => `The role ${name} has no members yet: kaizen users join ${name} USER`)
    })

const joinCommand = (): Command =>
  apiCommand('join', 'Add a user to a named role.', 'kaizen users join risk ann')
    .argument('<role>', 'name of the role')
    .addArgument(username())
    .action(async (name: string, member: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const role = await client.call(rolesApi.addMember, { params: { name, username: member } })
      print(json, role, () => `${name}: ${role.members.join(', ')}`)
    })

const leaveCommand = (): Command =>
  apiCommand('leave', 'Take a user out of a named role.', 'kaizen users leave risk ann')
    .argument('<role>', 'name of the role')
    .addArgument(username())
    .action(async (name: string, member: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const role = await client.call(rolesApi.removeMember, { params: { name, username: member } })
      print(json, role, () => `${name}: ${role.members.join(', ') || 'nobody'}`)
    })
