import type { Dataset, VersionComparison } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { formatCount } from '../../shared/format/number.ts'
import { Facts, Section } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { comparisonQuery } from './api.ts'
import { beforeAfter, driftWords, shareChange } from './prepare-report.ts'

interface CompareProps {
  readonly dataset: Dataset
  readonly version: number
  /** The version that is compared with; the one before unless told. */
  readonly other: number | undefined
  readonly onOther: (version: number) => void
}

/** A version beside another: what came, what went, and whose distribution changed. */
export function Compare({ dataset, version, other, onOther }: CompareProps) {
  const before = other ?? version - 1
  if (dataset.versions < 2 || before < 1)
    return (
      <State
        icon="data"
        title="There is no version before this one"
        command={`kaizen data compare ${dataset.name} 1 2`}
      >
        <p>With a second version, both stand here side by side.</p>
      </State>
    )
  return (
    <>
      <p className="section-body">
        <label>
          Version {version} compared with version{' '}
          <input
            className="field"
            type="number"
            min={1}
            max={dataset.versions}
            value={before}
            onChange={(event) => onOther(Number(event.target.value))}
          />
        </label>
      </p>
      <Comparison name={dataset.name} before={before} after={version} />
    </>
  )
}

function Comparison(props: {
  readonly name: string
  readonly before: number
  readonly after: number
}) {
  const query = useQuery(comparisonQuery(props.name, props.before, props.after))
  return (
    <Loaded query={query} skeleton={<Skeleton height={240} />}>
      {(comparison) => (
        <>
          <Section title="Rows and schema">
            <Facts facts={factsOf(comparison)} />
          </Section>
          <Section title="Columns">
            <Table
              label="Columns compared"
              columns={columns}
              rows={comparison.columns}
              rowKey={(row) => row.column}
              csvName={`${props.name}-${props.before}-${props.after}`}
            />
          </Section>
        </>
      )}
    </Loaded>
  )
}

const namesOf = (columns: readonly { readonly name: string }[]): string =>
  columns.length === 0 ? 'none' : columns.map(({ name }) => name).join(', ')

const factsOf = ({ rows, schema }: VersionComparison) => [
  { label: 'Rows', value: beforeAfter(rows, (value) => formatCount(value)) },
  { label: 'Rows removed', value: formatCount(rows.removed) },
  { label: 'Rows added', value: formatCount(rows.added) },
  { label: 'Columns added', value: namesOf(schema.added) },
  { label: 'Columns removed', value: namesOf(schema.removed) },
  {
    label: 'Types changed',
    value:
      schema.changed.map((each) => `${each.column}: ${each.before} → ${each.after}`).join(', ') ||
      'none',
  },
]

type Change = VersionComparison['columns'][number]

const columns: readonly TableColumn<Change>[] = [
  { id: 'column', header: 'Column', minWidth: 140, cell: (row) => row.column },
  {
    id: 'drift',
    header: 'Distribution',
    width: 130,
    cell: ({ drift }) =>
      'test' in drift ? (
        <Status
          state={drift.drifted ? 'warning' : 'ok'}
          label={drift.drifted ? 'changed' : 'alike'}
        />
      ) : (
        <Status state="skipped" label="not compared" />
      ),
    sort: ({ drift }) => ('test' in drift && drift.drifted ? 0 : 1),
  },
  { id: 'by', header: 'By', minWidth: 280, cell: driftWords },
  { id: 'mean', header: 'Mean', minWidth: 160, align: 'end', cell: (row) => beforeAfter(row.mean) },
  {
    id: 'missing',
    header: 'Missing',
    minWidth: 140,
    align: 'end',
    cell: (row) => shareChange(row.missing),
  },
  {
    id: 'distinct',
    header: 'Distinct',
    minWidth: 150,
    align: 'end',
    cell: (row) => beforeAfter(row.distinct, (value) => formatCount(value)),
  },
]
