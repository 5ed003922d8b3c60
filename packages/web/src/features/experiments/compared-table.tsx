import { useMemo } from 'react'
import { paths } from '../../shared/paths.ts'
import { Section } from '../../shared/ui/page.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { type ComparedRow, comparedRows, type Kind } from './comparison.ts'
import type { Run } from './wire.ts'
import './compare.css'

/** Rows are keys, columns are runs; only what differs unless told. */
export function ComparedTable(props: {
  readonly title: string
  readonly kind: Kind
  readonly runs: readonly Run[]
  readonly names: readonly string[]
  readonly all: boolean
}) {
  const { runs, names, kind } = props
  const rows = useMemo(() => comparedRows(runs, kind), [runs, kind])
  const columns = useMemo(() => columnsOf(runs, names, kind), [runs, names, kind])
  const shown = props.all ? rows : rows.filter((row) => row.differs)
  return (
    <Section title={props.title} aside={`${shown.length} of ${rows.length}`}>
      <Table
        label={props.title}
        columns={columns}
        rows={shown}
        rowKey={(row) => row.key}
        height={360}
        csvName={`compared-${kind}`}
        empty={
          <p className="section-body faint">
            {rows.length === 0 ? 'None was logged.' : 'They do not differ.'}
          </p>
        }
      />
    </Section>
  )
}

const columnsOf = (
  runs: readonly Run[],
  names: readonly string[],
  kind: Kind,
): readonly TableColumn<ComparedRow>[] => [
  {
    id: 'key',
    header: 'Key',
    width: 200,
    cell: (row) => <span title={row.key}>{row.key}</span>,
    text: (row) => row.key,
  },
  ...runs.map(
    (run, index): TableColumn<ComparedRow> => ({
      id: run.id,
      header: names[index] ?? run.id,
      href: paths.run(run.id),
      color: index,
      minWidth: 124,
      align: kind === 'metrics' ? 'end' : 'start',
      cell: (row) => <Value row={row} index={index} />,
      text: (row) => row.values[index] ?? null,
    }),
  ),
]

function Value({ row, index }: { readonly row: ComparedRow; readonly index: number }) {
  const value = row.values[index] ?? null
  if (value === null) return <span className="faint">–</span>
  const mark = row.least === index ? 'least' : row.greatest === index ? 'greatest' : null
  if (mark === null) return <span title={value}>{value}</span>
  return (
    <span className="best" title={`${value}, the ${mark}`}>
      <span aria-hidden="true">{mark === 'least' ? '↓ ' : '↑ '}</span>
      {value}
      <span className="visually-hidden">, the {mark}</span>
    </span>
  )
}
