import { type UserView, usersApi } from '@kaizen/contracts'
import { pagedQuery } from '../../shared/api/queries.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'

const usersQuery = pagedQuery(usersApi.list)

/** Who has an account here. */
export function Users() {
  const { query, rows, onEnd } = usePages(usersQuery)
  return (
    <Loaded query={query}>
      {() => (
        <Table
          label="Users"
          columns={columns}
          rows={rows}
          rowKey={(row) => row.username}
          onEnd={onEnd}
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
  )
}

const columns: readonly TableColumn<UserView>[] = [
  {
    id: 'name',
    header: 'User',
    minWidth: 160,
    cell: (row) => <b>{row.username}</b>,
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
    id: 'last',
    header: 'Last login',
    width: 110,
    cell: (row) => <When at={row.lastLoginAt} />,
    sort: (row) => row.lastLoginAt,
  },
]
