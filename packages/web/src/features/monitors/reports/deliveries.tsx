import { monitorReportsApi, type ReportDelivery, type ReportView } from '@kaizen/contracts'
import { useMutation } from '@tanstack/react-query'
import { client } from '../../../shared/api/client.ts'
import { usePages } from '../../../shared/api/use-pages.ts'
import { FormFailure } from '../../../shared/ui/form.tsx'
import { Section } from '../../../shared/ui/page.tsx'
import { Loaded } from '../../../shared/ui/state.tsx'
import { Status } from '../../../shared/ui/status.tsx'
import { Table } from '../../../shared/ui/table.tsx'
import { download, type TableColumn } from '../../../shared/ui/table-model.ts'
import { When } from '../../../shared/ui/when.tsx'
import { reportDeliveriesQuery } from '../api.ts'

/** What was sent of a report, and how it went. */
export function Deliveries({ report }: { readonly report: ReportView }) {
  const { query, rows, onEnd } = usePages(reportDeliveriesQuery(report.name))
  return (
    <Section title="What was sent">
      <Loaded query={query}>
        {() => (
          <Table
            label="Deliveries"
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            onEnd={onEnd}
            empty={<p className="faint section-body">Nothing was sent yet.</p>}
          />
        )}
      </Loaded>
    </Section>
  )
}

const columns: readonly TableColumn<ReportDelivery>[] = [
  { id: 'due', header: 'Due', width: 120, cell: (row) => <When at={row.dueAt} /> },
  { id: 'channel', header: 'Channel', width: 160, cell: (row) => row.channel },
  { id: 'state', header: 'State', width: 120, cell: (row) => <Status state={row.state} /> },
  { id: 'attempts', header: 'Attempts', width: 90, align: 'end', cell: (row) => row.attempts },
  { id: 'error', header: 'Why not', minWidth: 200, cell: (row) => row.error },
]

/** Makes the kept report now and gives it as a file. */
export function Download(props: { readonly name: string; readonly format: 'html' | 'json' }) {
  const { name, format } = props
  const make = useMutation({
    mutationFn: async () => {
      const input = { params: { name }, query: { format } }
      const answer = await client().stream(monitorReportsApi.document, input)
      const type = format === 'html' ? 'text/html' : 'application/json'
      download(`${name}.${format}`, type, await answer.text())
    },
  })
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={make.isPending}
        onClick={() => make.mutate()}
      >
        {format === 'html' ? 'Download HTML' : 'Download JSON'}
      </button>
      <FormFailure error={make.error} />
    </>
  )
}
