import { accessRoleName, type RoleView, rolesApi } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { endpointQuery } from '../../shared/api/queries.ts'
import { useAct } from '../../shared/api/use-act.ts'
import { paths } from '../../shared/paths.ts'
import { Form, FormFailure, problemOf, SureButton, TextField } from '../../shared/ui/form.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { Permissions } from './permissions.tsx'
import type { Chosen } from './users.tsx'

/** Named roles: permissions that their members share, and the names that approval policies ask for. */
export function Roles({ chosen, onChoose }: Chosen) {
  const query = useQuery(endpointQuery(rolesApi.list))
  return (
    <>
      {chosen === undefined && (
        <Section title="New role" aside="permissions for several people, and a name for approvals">
          <NewRole onCreated={onChoose} />
        </Section>
      )}
      <Section
        title="Named roles"
        aside={
          chosen !== undefined && (
            <Link className="link" href={paths.settingsTab('roles')}>
              All, and a new one
            </Link>
          )
        }
      >
        <Loaded query={query}>
          {({ items }) => (
            <Table
              label="Named roles"
              primary
              columns={columns}
              rows={items}
              rowKey={(row) => row.name}
              height={chosen === undefined ? 'min(640px, 72vh)' : 240}
              rowTone={(row) => (row.name === chosen ? 'chosen' : undefined)}
              empty={
                <State
                  icon="governance"
                  title="No named role yet"
                  command="kaizen users create-role risk"
                >
                  <p>Everybody is a viewer, editor or administrator; named roles say the rest.</p>
                </State>
              }
            />
          )}
        </Loaded>
      </Section>
      {query.data?.items
        .filter((role) => role.name === chosen)
        .map((role) => (
          <Role key={role.name} role={role} onGone={() => onChoose(undefined)} />
        ))}
    </>
  )
}

function NewRole({ onCreated }: { readonly onCreated: (name: string) => void }) {
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const create = useAct(async () => {
    await call(rolesApi.create, { body: { name, description } })
    setName('')
    setDescription('')
    onCreated(name)
  }, [rolesApi.list])
  const problem = problemOf(accessRoleName, name)
  return (
    <Form label="Create a role" onSubmit={() => create.mutate()}>
      <TextField label="Name" value={name} problem={problem} onChange={setName} />
      <TextField label="What it is for" value={description} onChange={setDescription} />
      <button
        type="submit"
        className="button primary"
        disabled={name === '' || problem !== null || description.length > 1000 || create.isPending}
      >
        Create role
      </button>
      <FormFailure error={create.error} />
    </Form>
  )
}

function Role({ role, onGone }: { readonly role: RoleView; readonly onGone: () => void }) {
  const { name } = role
  const [username, setUsername] = useState('')
  const join = useAct(async () => {
    await call(rolesApi.addMember, { params: { name, username } })
    setUsername('')
  }, [rolesApi.list])
  const leave = useAct(
    (member: string) => call(rolesApi.removeMember, { params: { name, username: member } }),
    [rolesApi.list],
  )
  const remove = useAct(async () => {
    await call(rolesApi.delete, { params: { name } })
    onGone()
  }, [rolesApi.list])
  const error = join.error ?? leave.error ?? remove.error
  return (
    <>
      <Section
        title={`Members of ${name}`}
        aside={
          <SureButton
            label={`Delete ${name}`}
            warning={`Delete ${name}: its members lose its permissions`}
            onSure={() => remove.mutate()}
          />
        }
      >
        <ul className="members">
          {role.members.map((member) => (
            <li key={member}>
              <Link className="link" href={paths.user(member)}>
                {member}
              </Link>
              <SureButton
                label={`Take out ${member}`}
                warning={`Take ${member} out of ${name}`}
                onSure={() => leave.mutate(member)}
              />
            </li>
          ))}
          {role.members.length === 0 && <li className="faint">Nobody yet.</li>}
        </ul>
        <Form label={`Add a member to ${name}`} onSubmit={() => join.mutate()}>
          <TextField label="Name of the user" value={username} onChange={setUsername} />
          <button type="submit" className="button" disabled={username === '' || join.isPending}>
            Add
          </button>
        </Form>
        <FormFailure error={error} />
      </Section>
      <Section title={`Permissions of ${name}`}>
        <RolePermissions role={role} />
      </Section>
    </>
  )
}

function RolePermissions({ role }: { readonly role: RoleView }) {
  const params = { name: role.name }
  const grant = useAct(
    (body: Parameters<Parameters<typeof Permissions>[0]['onGrant']>[0]) =>
      call(rolesApi.grant, { params, body }),
    [rolesApi.list],
  )
  const revoke = useAct(
    (resource: Parameters<Parameters<typeof Permissions>[0]['onRevoke']>[0]) =>
      call(rolesApi.revoke, { params, query: resource }),
    [rolesApi.list],
  )
  return (
    <Permissions
      holder={role.name}
      grants={role.permissions}
      busy={grant.isPending}
      error={grant.error ?? revoke.error}
      onGrant={grant.mutate}
      onRevoke={revoke.mutate}
    />
  )
}

const columns: readonly TableColumn<RoleView>[] = [
  {
    id: 'name',
    header: 'Role',
    minWidth: 140,
    cell: (row) => <Link href={paths.role(row.name)}>{row.name}</Link>,
    sort: (row) => row.name,
  },
  {
    id: 'description',
    header: 'What it is for',
    minWidth: 220,
    cell: (row) => <span className="soft">{row.description || '–'}</span>,
  },
  {
    id: 'members',
    header: 'Members',
    width: 100,
    align: 'end',
    cell: (row) => row.members.length,
    sort: (row) => row.members.length,
  },
  {
    id: 'permissions',
    header: 'Permissions',
    width: 110,
    align: 'end',
    cell: (row) => row.permissions.length,
    sort: (row) => row.permissions.length,
  },
]
