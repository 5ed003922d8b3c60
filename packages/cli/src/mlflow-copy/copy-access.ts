import {
  type CopiedAccess,
  type CopiedGrant,
  type CopiedRole,
  type CopiedUser,
  createRole,
  readServerAccess,
} from './access.ts'
import type { CopyContext } from './context.ts'

/** What permissions can be held on at both ends; a prompt is a model of the registry. */
const kinds = ['experiment', 'registered_model', 'prompt', 'workspace'] as const
const v3 = '/api/3.0/mlflow'

type Attempt = (what: string, copy: () => Promise<void>) => Promise<void>

/** Users, then named roles with their members, then what either may do. What is there already stays as it is. */
export async function copyAccess(
  context: CopyContext,
  access: CopiedAccess,
  attempt: Attempt,
): Promise<void> {
  const { to, report } = context
  for (const [what, count] of access.left) report.count(`${what}, left where they are`, count)
  for (const user of access.users) {
    await attempt(`user "${user.username}"`, async () => {
      const { created, note } = await to.user(user)
      report.count(created ? 'users' : 'users already there')
      if (note !== undefined) report.notes.push({ what: `user "${user.username}"`, why: note })
    })
  }
  const there = await readServerAccess(to.endpoint)
  for (const user of access.users) {
    const known = there.users.find(({ username }) => username === user.username)
    if (!known) continue
    await copyUserGrants(context, user, known.grants, attempt)
  }
  for (const role of access.roles) {
    await attempt(`role "${role.name}"`, () => copyRole(context, role, { there, attempt }))
  }
}

async function copyUserGrants(
  context: CopyContext,
  user: CopiedUser,
  held: readonly CopiedGrant[],
  attempt: Attempt,
): Promise<void> {
  for (const grant of user.grants) {
    const what = `permission of user "${user.username}" on ${grant.kind} "${grant.id}"`
    await attempt(what, async () => {
      const resource = atTarget(context, grant, what)
      if (!resource) return
      // A user's own grant on all workspaces is not what one of a workspace says.
      const own =
        resource.kind === 'workspace' && resource.id === '*'
          ? { ...resource, id: 'default' }
          : resource
      if (isHeld(held, own)) return context.report.count('permissions already there')
      await context.to.endpoint.send(`${v3}/users/permissions/grant`, {
        username: user.username,
        resource_type: own.kind,
        resource_id: own.id,
        permission: own.permission,
      })
      context.report.count('permissions')
    })
  }
}

async function copyRole(
  context: CopyContext,
  role: CopiedRole,
  { there, attempt }: { readonly there: CopiedAccess; readonly attempt: Attempt },
): Promise<void> {
  const { to, report } = context
  const known = there.roles.find(({ name }) => name === role.name)
  const role_id = known?.id ?? (await createRole(to.endpoint, role))
  report.count(known ? 'roles already there' : 'roles')
  for (const grant of role.grants) {
    const what = `permission of role "${role.name}" on ${grant.kind} "${grant.id}"`
    await attempt(what, async () => {
      const resource = atTarget(context, grant, what)
      if (!resource) return
      const { kind, permission } = resource
      const id = kind === 'workspace' ? '*' : resource.id
      if (isHeld(known?.grants ?? [], { kind, id, permission }))
        return report.count('permissions already there')
      const body = { role_id, resource_type: kind, resource_pattern: id, permission }
      await to.endpoint.send(`${v3}/roles/permissions/add`, body)
      report.count('permissions')
    })
  }
  for (const username of role.members) {
    await attempt(`"${username}" in role "${role.name}"`, async () => {
      if (known?.members.includes(username)) return
      await to.endpoint.send(`${v3}/roles/assign`, { role_id, username })
      report.count('members of roles')
    })
  }
}

const isHeld = (held: readonly CopiedGrant[], { kind, id }: CopiedGrant): boolean =>
  held.some(
    (grant) =>
      grant.id === id &&
      (grant.kind === kind || (grant.kind === 'registered_model' && kind === 'prompt')),
  )

/** The same grant as the target calls its resource; nothing where it knows no such thing. */
function atTarget(
  { experiments, report }: CopyContext,
  grant: CopiedGrant,
  what: string,
): CopiedGrant | undefined {
  const isKnown = (kinds as readonly string[]).includes(grant.kind)
  if (!isKnown || (grant.kind === 'prompt' && grant.id === '*')) {
    report.notes.push({ what, why: 'permissions of this kind are kept by one of both sides only' })
    return undefined
  }
  if (grant.kind !== 'experiment' || grant.id === '*') return grant
  const id = experiments.get(grant.id)
  if (id !== undefined) return { ...grant, id }
  report.notes.push({ what, why: 'there is no such experiment' })
  return undefined
}
