import { useMemo } from 'react'
import { paths } from '../../../shared/paths.ts'
import { Beside } from '../../../shared/ui/beside.tsx'
import { Section } from '../../../shared/ui/page.tsx'
import { Table } from '../../../shared/ui/table.tsx'
import type { TableColumn } from '../../../shared/ui/table-model.ts'
import type { Run } from '../wire.ts'
import { type ComparedRow, comparedRows, type Kind } from './comparison.ts'
import './compare.css'

interface Props {
  readonly kind: Kind
  readonly runs: readonly Run[]
  readonly names: readonly string[]
}

/** More runs than this stay side by side on a phone too: below each other they would hide what differs. */
const mostStacked = 8

/** Rows are keys, columns are runs; only what differs unless told. */
export function ComparedTable(props: Props & { readonly title: string; readonly all: boolean }) {
  const { title, runs, names, kind, all } = props
  const rows = useMemo(() => comparedRows(runs, kind), [runs, kind])
  const shown = all ? rows : rows.filter((row) => row.differs)
  return (
    <Section title={title} aside={`${shown.length} of ${rows.length}`}>
      <Rows
        label={title}
        none={rows.length === 0}
        rows={shown}
        runs={runs}
        names={names}
        kind={kind}
      />
    </Section>
  )
}

/** The same without a surface of its own, and only what differs. */
export function ComparedRows({ label, ...rest }: Props & { readonly label: string }) {
  const rows = comparedRows(rest.runs, rest.kind)
  const shown = rows.filter((row) => row.differs)
  return <Rows label={label} none={rows.length === 0} rows={shown} {...rest} />
}

function Rows(
  props: Props & {
    readonly label: string
    readonly rows: readonly ComparedRow[]
    readonly none: boolean
  },
) {
  const { runs, names, kind } = props
  const columns = useMemo(() => columnsOf(runs, names, kind), [runs, names, kind])
  const table = (
    <Table
      label={props.label}
      columns={columns}
      rows={props.rows}
      rowKey={(row) => row.key}
      height={360}
      csvName={`compared-${kind}`}
      empty={
        <p className="section-body faint">
          {props.none ? 'None was logged.' : 'They do not differ.'}
        </p>
      }
    />
  )
  if (runs.length > mostStacked) return table
  return (
    <Beside
      label={props.label}
      rows={props.rows.map((row) => ({
        key: row.key,
        values: runs.map((run, index) => ({
          of: names[index] ?? run.id,
          value: <Value row={row} index={index} />,
        })),
      }))}
    >
      {table}
    </Beside>
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
