import {
  password as passwordSchema,
  type Role,
  roles,
  rolesApi,
  type UserView,
  usersApi,
} from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { endpointQuery } from '../../shared/api/queries.ts'
import { useAct } from '../../shared/api/use-act.ts'
import { paths } from '../../shared/paths.ts'
import {
  ChoiceField,
  Form,
  FormFailure,
  problemOf,
  SureButton,
  TextField,
} from '../../shared/ui/form.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { Permissions } from './permissions.tsx'

/** One user: role, password, named roles and permissions, and the end of the account. */
export function User(props: { readonly username: string; readonly onGone: () => void }) {
  const { username } = props
  const query = useQuery(endpointQuery(usersApi.get, { params: { username } }))
  return (
    <Loaded query={query}>
      {(user) => (
        <>
          <Section
            title={`Account of ${username}`}
            aside={
              <Link className="link" href={paths.audit({ subject: `user:${username}` })}>
                What happened to it
              </Link>
            }
          >
            <AccountForms user={user} onGone={props.onGone} />
          </Section>
          <Section title={`Named roles of ${username}`}>
            <Memberships user={user} />
          </Section>
          <Section
            title={`Permissions of ${username}`}
            aside="a denial counts more than any other permission"
          >
            <UserPermissions username={username} />
          </Section>
        </>
      )}
    </Loaded>
  )
}

function AccountForms({ user, onGone }: { readonly user: UserView; readonly onGone: () => void }) {
  const params = { username: user.username }
  const [role, setRole] = useState<Role>(user.role)
  const [password, setPassword] = useState('')
  const update = useAct(
    (body: { readonly role?: Role; readonly password?: string }) =>
      call(usersApi.update, { params, body }),
    [usersApi.list, usersApi.get],
  )
  const remove = useAct(async () => {
    await call(usersApi.delete, { params })
    onGone()
  }, [usersApi.list])
  const problem = problemOf(passwordSchema, password)
  return (
    <>
      <Form label={`Role of ${user.username}`} onSubmit={() => update.mutate({ role })}>
        <ChoiceField label="Role" value={role} choices={roles} onChange={setRole} />
        <button type="submit" className="button" disabled={role === user.role || update.isPending}>
          Change role
        </button>
      </Form>
      <Form
        label={`New password for ${user.username}`}
        onSubmit={() => {
          update.mutate({ password })
          setPassword('')
        }}
      >
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          value={password}
          problem={problem}
          onChange={setPassword}
        />
        <button
          type="submit"
          className="button"
          disabled={password === '' || problem !== null || update.isPending}
        >
          Reset password
        </button>
        {update.variables?.password !== undefined && update.isSuccess && (
          <p role="status">The password is set, and the user's sessions have ended.</p>
        )}
      </Form>
      <div className="form">
        <SureButton
          label={`Delete ${user.username}`}
          warning={`Delete ${user.username} with tokens, sessions and permissions`}
          disabled={remove.isPending}
          onSure={() => remove.mutate()}
        />
      </div>
      <FormFailure error={update.error ?? remove.error} />
    </>
  )
}

const membershipsStale = [usersApi.list, usersApi.get, usersApi.permissions, rolesApi.list]

function Memberships({ user }: { readonly user: UserView }) {
  const { username } = user
  const query = useQuery(endpointQuery(rolesApi.list))
  const change = useAct(
    ({ name, join }: { readonly name: string; readonly join: boolean }) =>
      call(join ? rolesApi.addMember : rolesApi.removeMember, { params: { name, username } }),
    membershipsStale,
  )
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="section-body faint">There is no named role yet.</p>
        ) : (
          <div className="form">
            <fieldset>
              <legend>Member of</legend>
              {items.map(({ name }) => (
                <label key={name} className="check">
                  <input
                    type="checkbox"
                    checked={user.roles.includes(name)}
                    disabled={change.isPending}
                    onChange={(event) => change.mutate({ name, join: event.target.checked })}
                  />
                  {name}
                </label>
              ))}
            </fieldset>
            <FormFailure error={change.error} />
          </div>
        )
      }
    </Loaded>
  )
}

function UserPermissions({ username }: { readonly username: string }) {
  const params = { username }
  const query = useQuery(endpointQuery(usersApi.permissions, { params }))
  const grant = useAct(
    (body: Parameters<Parameters<typeof Permissions>[0]['onGrant']>[0]) =>
      call(usersApi.grant, { params, body }),
    [usersApi.permissions],
  )
  const revoke = useAct(
    (resource: Parameters<Parameters<typeof Permissions>[0]['onRevoke']>[0]) =>
      call(usersApi.revoke, { params, query: resource }),
    [usersApi.permissions],
  )
  return (
    <Loaded query={query}>
      {({ items }) => (
        <Permissions
          holder={username}
          grants={items}
          busy={grant.isPending}
          error={grant.error ?? revoke.error}
          onGrant={grant.mutate}
          onRevoke={revoke.mutate}
        />
      )}
    </Loaded>
  )
}
