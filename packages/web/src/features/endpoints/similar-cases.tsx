import type { SimilarCase } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { formatShare } from '../../shared/format/number.ts'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { similarQuery } from './api.ts'
import { answerColumns, inputColumns } from './prediction-columns.tsx'

/** Logged predictions most like the case that was asked, with what came of them. */
export function SimilarCases(props: {
  readonly endpoint: string
  readonly inputs: Readonly<Record<string, string | number | boolean>>
  readonly except: string
}) {
  const query = useQuery(similarQuery(props.endpoint, props.inputs, props.except))
  return (
    <Section title="Similar past cases" aside="among the newest 2,000 logged">
      <Loaded query={query}>
        {({ items }) => (
          <Table
            label="Similar past cases"
            columns={columnsOf(Object.keys(props.inputs))}
            rows={items}
            rowKey={(row) => `${row.inferenceId} ${row.arm}`}
            empty={<State icon="endpoints" title="Nothing like it was asked before" />}
          />
        )}
      </Loaded>
    </Section>
  )
}

const columnsOf = (inputs: readonly string[]): readonly TableColumn<SimilarCase>[] => [
  {
    id: 'alike',
    header: 'Alike',
    width: 80,
    align: 'end',
    cell: (row) => formatShare(1 - row.distance),
    sort: (row) => row.distance,
  },
  { id: 'at', header: 'When', width: 104, cell: (row) => <When at={row.at} /> },
  ...answerColumns,
  ...inputColumns(inputs),
]
