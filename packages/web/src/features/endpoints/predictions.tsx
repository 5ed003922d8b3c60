import type { PredictionRecord } from '@kaizen/contracts'
import { useMemo } from 'react'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatDuration } from '../../shared/format/number.ts'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { predictionsQuery } from './api.ts'
import { answerColumns, inputColumns } from './prediction-columns.tsx'

/** What was asked and answered, by whom, and the truth where it has come. */
export function Predictions({ name }: { readonly name: string }) {
  const { query, rows, onEnd } = usePages(predictionsQuery(name))
  const columns = useMemo(() => columnsOf(rows[0]), [rows])
  return (
    <Section
      title="Recent predictions"
      aside={`${rows.length.toLocaleString('en-GB')} loaded, newest first`}
    >
      <Loaded query={query}>
        {() => (
          <Table
            label="Predictions"
            columns={columns}
            rows={rows}
            rowKey={(row) => `${row.inferenceId} ${row.arm}`}
            onEnd={onEnd}
            csvName={`${name}-predictions`}
            empty={
              <State
                icon="endpoints"
                title="Nothing was asked yet"
                command={`kaizen endpoints predict ${name} COLUMN=VALUE`}
              />
            }
          />
        )}
      </Loaded>
    </Section>
  )
}

const columnsOf = (
  first: PredictionRecord | undefined,
): readonly TableColumn<PredictionRecord>[] => [
  {
    id: 'id',
    header: 'Inference',
    width: 190,
    cell: (row) => <code title={row.inferenceId}>{row.inferenceId}</code>,
    text: (row) => row.inferenceId,
  },
  {
    id: 'at',
    header: 'Event time',
    width: 104,
    cell: (row) => <When at={row.at} />,
    sort: (row) => row.at,
  },
  {
    id: 'arm',
    header: 'Arm',
    width: 150,
    cell: (row) => `${row.arm} · v${row.version}${row.mode === 'shadow' ? ' · shadow' : ''}`,
    text: (row) => row.arm,
  },
  ...answerColumns,
  {
    id: 'latency',
    header: 'Latency',
    width: 90,
    align: 'end',
    cell: (row) => formatDuration(row.latencyMs),
    sort: (row) => row.latencyMs,
  },
  ...inputColumns(Object.keys(first?.inputs ?? {})),
]
