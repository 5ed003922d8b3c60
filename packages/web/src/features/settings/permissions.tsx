import {
  type GrantView,
  type Permission,
  permissions,
  type ResourceKind,
  resourceKinds,
} from '@kaizen/contracts'
import { useMemo, useState } from 'react'
import { paths } from '../../shared/paths.ts'
import { ChoiceField, Form, FormFailure, SureButton, TextField } from '../../shared/ui/form.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'

type Resource = Pick<GrantView, 'kind' | 'id'>

interface Props {
  readonly holder: string
  readonly grants: readonly GrantView[]
  readonly busy: boolean
  readonly error: unknown
  readonly onGrant: (grant: Resource & { readonly permission: Permission }) => void
  readonly onRevoke: (resource: Resource) => void
}

/** What somebody may do with which experiment or model, and the form that gives more. */
export function Permissions(props: Props) {
  const { onRevoke, holder } = props
  const columns = useMemo(() => columnsOf(holder, onRevoke), [holder, onRevoke])
  return (
    <>
      <Grant {...props} />
      <Table
        label={`Permissions of ${holder}`}
        columns={columns}
        rows={props.grants}
        rowKey={(row) => `${row.role ?? ''} ${row.kind} ${row.id}`}
        height={280}
        empty={<p className="section-body faint">None beside what the role allows.</p>}
      />
    </>
  )
}

function Grant({ holder, busy, error, onGrant }: Props) {
  const [kind, setKind] = useState<ResourceKind>('experiment')
  const [id, setId] = useState('')
  const [permission, setPermission] = useState<Permission>('READ')
  return (
    <Form
      label={`Give ${holder} a permission`}
      onSubmit={() => {
        onGrant({ kind, id: id.trim(), permission })
        setId('')
      }}
    >
      <ChoiceField label="On" value={kind} choices={resourceKinds} onChange={setKind} />
      <TextField
        label={kind === 'experiment' ? 'Id of the experiment, * for all' : 'Its name, * for all'}
        value={id}
        onChange={setId}
      />
      <ChoiceField
        label="Permission"
        value={permission}
        choices={permissions}
        onChange={setPermission}
      />
      <button
        type="submit"
        className="button"
        disabled={id.trim() === '' || id.length > 250 || busy}
      >
        Give it
      </button>
      <FormFailure error={error} />
    </Form>
  )
}

const columnsOf = (
  holder: string,
  onRevoke: Props['onRevoke'],
): readonly TableColumn<GrantView>[] => [
  {
    id: 'id',
    header: 'On',
    minWidth: 180,
    cell: ({ kind, id }) => {
      const what = `${kind.replace('_', ' ')} ${id === '*' ? '– all' : id}`
      if (id === '*') return what
      return (
        <Link
          className="link"
          href={kind === 'experiment' ? paths.experiment(id) : paths.model(id)}
        >
          {what}
        </Link>
      )
    },
    sort: (row) => `${row.kind} ${row.id}`,
  },
  {
    id: 'permission',
    header: 'Permission',
    width: 110,
    cell: (row) => <Tag>{row.permission}</Tag>,
    sort: (row) => row.permission,
  },
  {
    id: 'from',
    header: 'From',
    minWidth: 120,
    cell: (row) => (
      <span className="soft">
        {row.role === null || row.role === holder ? 'own' : `role ${row.role}`}
      </span>
    ),
  },
  {
    id: 'act',
    header: 'Action',
    minWidth: 210,
    cell: (row) =>
      row.role === null || row.role === holder ? (
        <SureButton
          label="Take away"
          warning={`Take ${row.permission} on ${row.id} from ${holder}`}
          onSure={() => onRevoke({ kind: row.kind, id: row.id })}
        />
      ) : null,
  },
]
