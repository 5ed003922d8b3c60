import { useMemo } from 'react'
import { formatDuration } from '../../shared/format/number.ts'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { type SpanRow, spanRows } from './prepare.ts'
import type { Span } from './wire.ts'

interface Props {
  readonly spans: readonly Span[]
  readonly folded: ReadonlySet<string>
  readonly chosen: string
  readonly onFold: (id: string) => void
  readonly onChoose: (id: string) => void
}

/** Spans as a tree on the left and as bars in time on the right; only what is in view is drawn. */
export function Waterfall(props: Props) {
  const rows = useMemo(() => spanRows(props.spans, props.folded), [props.spans, props.folded])
  const columns: readonly TableColumn<SpanRow>[] = [
    {
      id: 'span',
      header: 'Span',
      width: 300,
      cell: (row) => <Name row={row} {...props} />,
      text: (row) => row.span.name,
    },
    {
      id: 'type',
      header: 'Type',
      width: 110,
      cell: (row) => row.span.type.toLowerCase() || null,
      text: (row) => row.span.type,
    },
    {
      id: 'state',
      header: 'State',
      width: 90,
      cell: (row) => (row.span.failed ? <Status state="failed" /> : <Status state="ok" />),
      text: (row) => (row.span.failed ? 'failed' : 'ok'),
    },
    {
      id: 'took',
      header: 'Took',
      width: 86,
      align: 'end',
      cell: (row) => formatDuration(row.durationMs),
      text: (row) => row.durationMs,
    },
    {
      id: 'time',
      header: 'In time',
      minWidth: 240,
      cell: (row) => (
        <span className="span-track">
          <span
            className="span-bar"
            data-failed={row.span.failed}
            style={{ left: `${row.offset * 100}%`, width: `${row.share * 100}%` }}
          />
        </span>
      ),
    },
  ]
  return (
    <Table
      label="Spans"
      primary
      columns={columns}
      rows={rows}
      rowKey={(row) => row.span.id}
      csvName="spans"
    />
  )
}

function Name(props: Omit<Props, 'spans'> & { readonly row: SpanRow }) {
  const { row, folded, chosen, onFold, onChoose } = props
  const { id, name } = row.span
  const open = !folded.has(id)
  return (
    <span className="span-name" style={{ paddingInlineStart: Math.min(row.depth, 12) * 14 }}>
      {row.below > 0 ? (
        <button
          type="button"
          className="span-fold"
          aria-expanded={open}
          aria-label={`${open ? 'Fold' : 'Unfold'} ${name}`}
          onClick={() => onFold(id)}
        >
          {open ? '▾' : '▸'}
        </button>
      ) : (
        <span className="span-fold" />
      )}
      <button type="button" aria-pressed={chosen === id} onClick={() => onChoose(id)}>
        {name || 'unnamed'}
      </button>
    </span>
  )
}
