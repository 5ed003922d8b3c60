import {
  password as passwordSchema,
  type Role,
  roles,
  type UserView,
  username as usernameSchema,
  usersApi,
} from '@kaizen/contracts'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { pagedQuery } from '../../shared/api/queries.ts'
import { useAct } from '../../shared/api/use-act.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { paths } from '../../shared/paths.ts'
import { ChoiceField, Form, FormFailure, problemOf, TextField } from '../../shared/ui/form.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { User } from './user.tsx'

const usersQuery = pagedQuery(usersApi.list)

export interface Chosen {
  /** The one whose details are shown, by name or id. */
  readonly chosen: string | undefined
  readonly onChoose: (chosen: string | undefined) => void
}

/** Who has an account here, and everything about the one that is chosen. */
export function Users({ chosen, onChoose }: Chosen) {
  const { query, rows, onEnd } = usePages(usersQuery)
  return (
    <>
      {chosen === undefined && (
        <Section title="New user" aside="a person who logs in with a name">
          <NewUser onCreated={onChoose} />
        </Section>
      )}
      <Section
        title="Users"
        aside={
          chosen !== undefined && (
            <Link className="link" href={paths.settingsTab('users')}>
              All, and a new one
            </Link>
          )
        }
      >
        <Loaded query={query}>
          {() => (
            <Table
              label="Users"
              primary
              columns={columns}
              rows={rows}
              rowKey={(row) => row.username}
              height={chosen === undefined ? 'min(640px, 72vh)' : 240}
              onEnd={onEnd}
              rowTone={(row) => (row.username === chosen ? 'chosen' : undefined)}
              empty={
                <State
                  icon="governance"
                  title="No user yet"
                  command="kaizen users create ann --role editor"
                >
                  <p>Programs use tokens; people log in with a name.</p>
                </State>
              }
            />
          )}
        </Loaded>
      </Section>
      {chosen !== undefined && (
        <User key={chosen} username={chosen} onGone={() => onChoose(undefined)} />
      )}
    </>
  )
}

function NewUser({ onCreated }: { readonly onCreated: (username: string) => void }) {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [role, setRole] = useState<Role>('editor')
  const create = useAct(async () => {
    const user = await call(usersApi.create, { body: { username, password, role } })
    setUsername('')
    setPassword('')
    onCreated(user.username)
  }, [usersApi.list])
  const nameProblem = problemOf(usernameSchema, username)
  const passwordProblem = problemOf(passwordSchema, password)
  const ready = username && password && !nameProblem && !passwordProblem
  return (
    <Form label="Create a user" onSubmit={() => create.mutate()}>
      <TextField label="Name" value={username} problem={nameProblem} onChange={setUsername} />
      <TextField
        label="First password"
        type="password"
        autoComplete="new-password"
        value={password}
        problem={passwordProblem}
        onChange={setPassword}
      />
      <ChoiceField label="Role" value={role} choices={roles} onChange={setRole} />
      <button type="submit" className="button primary" disabled={!ready || create.isPending}>
        Create user
      </button>
      <FormFailure error={create.error} />
    </Form>
  )
}

const columns: readonly TableColumn<UserView>[] = [
  {
    id: 'name',
    header: 'User',
    minWidth: 160,
    cell: (row) => <Link href={paths.user(row.username)}>{row.username}</Link>,
    sort: (row) => row.username,
  },
  {
    id: 'role',
    header: 'Role',
    width: 90,
    cell: (row) => <Tag>{row.role}</Tag>,
    sort: (row) => row.role,
  },
  {
    id: 'roles',
    header: 'Named roles',
    minWidth: 140,
    cell: (row) => <span className="soft">{row.roles.join(', ') || '–'}</span>,
  },
  {
    id: 'login',
    header: 'Logs in by',
    width: 130,
    cell: (row) => (row.singleSignOn ? 'single sign-on' : 'password'),
  },
  {
    id: 'created',
    header: 'Created',
    width: 110,
    cell: (row) => <When at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
  {
    id: 'last',
    header: 'Last login',
    width: 110,
    cell: (row) => <When at={row.lastLoginAt} />,
    sort: (row) => row.lastLoginAt,
  },
]
