import type { SimilarCase } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { formatShare } from '../../shared/format/number.ts'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { similarQuery } from './api.ts'
import { answerText, valueText } from './predictions.tsx'

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
  {
    id: 'answer',
    header: 'Answer',
    width: 110,
    align: 'end',
    cell: (row) => answerText(row.outputs),
    text: (row) => answerText(row.outputs),
  },
  {
    id: 'actual',
    header: 'Truth',
    width: 90,
    align: 'end',
    cell: (row) =>
      row.actual === null ? <span className="faint">not yet</span> : valueText(row.actual),
    text: (row) => (row.actual === null ? null : valueText(row.actual)),
  },
  ...inputs.map(
    (name): TableColumn<SimilarCase> => ({
      id: `in ${name}`,
      header: name,
      minWidth: 84,
      align: 'end',
      cell: (row) => valueText(row.inputs[name] ?? null),
      text: (row) => valueText(row.inputs[name] ?? null),
    }),
  ),
]
