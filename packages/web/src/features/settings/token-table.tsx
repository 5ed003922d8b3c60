import type { TokenView } from '@kaizen/contracts'
import { type ReactNode, useMemo } from 'react'
import { SureButton } from '../../shared/ui/form.tsx'
import { useServerNow } from '../../shared/ui/server-clock.ts'
import { Status, Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'

/** Tokens with their state; their secrets are with their holders only. */
export function TokenTable(props: {
  readonly label: string
  readonly rows: readonly TokenView[]
  readonly onRevoke: (id: string) => void
  readonly onEnd?: () => void
  readonly empty: ReactNode
}) {
  const now = useServerNow()
  const { onRevoke } = props
  const columns = useMemo(() => columnsOf(now, onRevoke), [now, onRevoke])
  return (
    <Table
      label={props.label}
      primary
      columns={columns}
      rows={props.rows}
      rowKey={(row) => row.id}
      {...(props.onEnd && { onEnd: props.onEnd })}
      empty={props.empty}
    />
  )
}

const columnsOf = (
  now: number,
  onRevoke: (id: string) => void,
): readonly TableColumn<TokenView>[] => [
  {
    id: 'name',
    header: 'Token',
    minWidth: 140,
    cell: (row) => <b>{row.name}</b>,
    sort: (row) => row.name,
  },
  {
    id: 'for',
    header: 'Acts as',
    minWidth: 150,
    cell: (row) =>
      row.username === null ? <span className="soft">service account</span> : row.username,
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
    id: 'state',
    header: 'State',
    width: 100,
    cell: (row) =>
      row.revokedAt !== null ? (
        <Status state="cancelled" label="revoked" />
      ) : row.expiresAt !== null && row.expiresAt <= now ? (
        <Status state="cancelled" label="ended" />
      ) : (
        <Status state="ok" label="usable" />
      ),
  },
  {
    id: 'ends',
    header: 'Ends',
    width: 110,
    cell: (row) =>
      row.expiresAt === null ? <span className="soft">never</span> : <When at={row.expiresAt} />,
    sort: (row) => row.expiresAt,
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
    minWidth: 250,
    cell: (row) =>
      row.revokedAt === null ? (
        <SureButton
          label={`Revoke ${row.name}`}
          warning={`Revoke ${row.name}: its users lose access`}
          onSure={() => onRevoke(row.id)}
        />
      ) : null,
  },
]
