import { roles, systemApi, type TokenView } from '@kaizen/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { pagedQuery } from '../../shared/api/queries.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { FailureState, Loaded, State } from '../../shared/ui/state.tsx'
import { Status, Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'

const tokensQuery = pagedQuery(systemApi.tokens)

export function Tokens() {
  const { query, rows, onEnd } = usePages(tokensQuery)
  return (
    <>
      <Create />
      <Loaded query={query}>
        {() => (
          <Table
            label="Tokens"
            primary
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            onEnd={onEnd}
            empty={
              <State
                icon="governance"
                title="No token yet"
                command="kaizen tokens create ci --role editor"
              >
                <p>On loopback none is needed.</p>
              </State>
            }
          />
        )}
      </Loaded>
    </>
  )
}

function useRefresh() {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: [systemApi.tokens.path] })
}

function Create() {
  const refresh = useRefresh()
  const [name, setName] = useState('')
  const [role, setRole] = useState<TokenView['role']>('viewer')
  const create = useMutation({
    mutationFn: () => call(systemApi.createToken, { body: { name, role } }),
    onSuccess: refresh,
  })
  return (
    <form
      className="token-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '') create.mutate()
      }}
    >
      <label>
        Name
        <input
          className="field"
          maxLength={250}
          placeholder="who or what will use it"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label>
        Role
        <select
          className="field"
          value={role}
          onChange={(event) => setRole(roles.find((one) => one === event.target.value) ?? 'viewer')}
        >
          {roles.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <button
        type="submit"
        className="button primary"
        disabled={name.trim() === '' || create.isPending}
      >
        Create token
      </button>
      {create.data && (
        <p className="token-secret" role="status">
          Copy it now, it is not shown again: <code>{create.data.secret}</code>
        </p>
      )}
      {create.error && <FailureState error={create.error} />}
    </form>
  )
}

function Revoke({ token }: { readonly token: TokenView }) {
  const refresh = useRefresh()
  const [sure, setSure] = useState(false)
  const revoke = useMutation({
    mutationFn: () => call(systemApi.revokeToken, { params: { id: token.id } }),
    onSuccess: refresh,
  })
  return (
    <button
      type="button"
      className="button small"
      disabled={revoke.isPending}
      onClick={() => (sure ? revoke.mutate() : setSure(true))}
      onBlur={() => setSure(false)}
    >
      {sure ? `Revoke ${token.name}: its users lose access` : `Revoke ${token.name}`}
    </button>
  )
}

const columns: readonly TableColumn<TokenView>[] = [
  {
    id: 'name',
    header: 'Token',
    minWidth: 160,
    cell: (row) => <b>{row.name}</b>,
    sort: (row) => row.name,
  },
  {
    id: 'role',
    header: 'Role',
    width: 90,
    cell: (row) => <Tag>{row.role}</Tag>,
    sort: (row) => row.role,
  },
  {
    id: 'state',
    header: 'State',
    width: 110,
    cell: (row) =>
      row.revokedAt === null ? (
        <Status state="ok" label="usable" />
      ) : (
        <Status state="cancelled" label="revoked" />
      ),
  },
  {
    id: 'created',
    header: 'Created',
    width: 110,
    cell: (row) => <When at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
  {
    id: 'used',
    header: 'Last used',
    width: 110,
    cell: (row) => <When at={row.lastUsedAt} />,
    sort: (row) => row.lastUsedAt,
  },
  {
    id: 'act',
    header: 'Action',
    minWidth: 240,
    cell: (row) => (row.revokedAt === null ? <Revoke token={row} /> : null),
  },
]
