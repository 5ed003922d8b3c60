import type { EndpointView } from '@kaizen/contracts'
import { formatCount, formatNumber } from '../../shared/format/number.ts'
import { Section } from '../../shared/ui/page.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { perRun, sizeAt } from './batch-sizes.ts'

type Arm = EndpointView['arms'][number]
type BatchedArm = Arm & { readonly batching: NonNullable<Arm['batching']> }

/** How requests shared runs of the models, by arm, and how many wait. */
export function Batches({ arms }: { readonly arms: readonly Arm[] }) {
  const batched = arms.filter((arm): arm is BatchedArm => arm.batching !== null)
  if (batched.length === 0) return null
  const places = Math.max(...batched.map(({ batching }) => batching.runsBySize.length))
  return (
    <Section title="Batches" aside="runs since the server started, by the requests in them">
      <Table
        label="Batches"
        columns={columnsOf(places)}
        rows={batched}
        rowKey={(arm) => arm.name}
        csvName="batches"
      />
    </Section>
  )
}

const columnsOf = (places: number): readonly TableColumn<BatchedArm>[] => [
  { id: 'arm', header: 'Arm', width: 140, cell: (arm) => <b>{arm.name}</b> },
  {
    id: 'waiting',
    header: 'Wait now',
    width: 90,
    align: 'end',
    cell: ({ batching }) => formatCount(batching.queued),
  },
  {
    id: 'runs',
    header: 'Runs',
    width: 90,
    align: 'end',
    cell: ({ batching }) => formatCount(batching.runs),
  },
  {
    id: 'perRun',
    header: 'Requests a run',
    width: 120,
    align: 'end',
    cell: ({ batching }) => formatNumber(perRun(batching)),
  },
  ...Array.from({ length: places }, (_, place) => sizeColumn(place, places)),
]

const sizeColumn = (place: number, places: number): TableColumn<BatchedArm> => ({
  id: `size-${place}`,
  header: `of ${sizeAt(place, places)}`,
  width: 76,
  align: 'end',
  cell: ({ batching }) => formatCount(batching.runsBySize[place] ?? 0),
})
