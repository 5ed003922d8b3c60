import { type BatchScheduleView, batchSchedulesApi } from '@kaizen/contracts'
import { useAct } from '../../shared/api/use-act.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { paths } from '../../shared/paths.ts'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Page } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { moveSchedule, runSchedule, schedulesQuery } from './api.ts'
import { scheduleState, timesWords } from './prepare.ts'

/** Datasets that are scored again and again: when next, and what came of it last. */
export function SchedulesPage() {
  const { query, rows, onEnd } = usePages(schedulesQuery)
  const move = useAct(moveSchedule, [batchSchedulesApi.list])
  const run = useAct(runSchedule, [batchSchedulesApi.list])
  const acts = { move: move.mutate, run: run.mutate, isBusy: move.isPending || run.isPending }
  return (
    <Page
      title="Schedules"
      crumbs={[
        { label: 'Endpoints', href: paths.endpoints },
        { label: 'Batch jobs', href: paths.batchJobs },
      ]}
    >
      <FormFailure error={move.error ?? run.error} />
      <Loaded query={query}>
        {() =>
          rows.length === 0 ? (
            <State
              icon="table"
              title="No schedule yet"
              command={
                'kaizen schedules create nightly models:/fraud@champion payments --cron "0 2 * * *"'
              }
            >
              <p>A schedule scores the newest version of a dataset at the times of a clock.</p>
            </State>
          ) : (
            <Table
              label="Schedules"
              primary
              columns={columnsWith(acts)}
              rows={rows}
              rowKey={(row) => row.name}
              onEnd={onEnd}
            />
          )
        }
      </Loaded>
    </Page>
  )
}

interface Acts {
  readonly move: (schedule: BatchScheduleView) => void
  readonly run: (schedule: BatchScheduleView) => void
  readonly isBusy: boolean
}

const columnsWith = ({ move, run, isBusy }: Acts): readonly TableColumn<BatchScheduleView>[] => [
  {
    id: 'name',
    header: 'Schedule',
    minWidth: 100,
    cell: (row) => row.name,
    sort: (row) => row.name,
  },
  {
    id: 'state',
    header: 'State',
    width: 100,
    cell: (row) => <Status state={scheduleState(row)} />,
    sort: scheduleState,
  },
  {
    id: 'model',
    header: 'Model',
    minWidth: 165,
    cell: (row) => <span title={row.job.model}>{row.job.model.replace(/^models:\//, '')}</span>,
    text: (row) => row.job.model,
  },
  {
    id: 'dataset',
    header: 'Dataset',
    minWidth: 100,
    cell: (row) => <Link href={paths.dataset(row.job.input.dataset)}>{row.job.input.dataset}</Link>,
  },
  { id: 'times', header: 'Times', minWidth: 180, cell: timesWords },
  {
    id: 'next',
    header: 'Next',
    width: 85,
    cell: (row) =>
      row.state === 'paused' ? <span className="faint">paused</span> : <When at={row.nextAt} />,
    sort: (row) => row.nextAt,
  },
  { id: 'last', header: 'Last', width: 85, cell: (row) => <When at={row.lastAt} /> },
  {
    id: 'outcome',
    header: 'What came of it',
    minWidth: 150,
    cell: (row) =>
      row.lastOutcome === 'started' && row.lastJob !== null ? (
        <Link href={paths.batchJob(row.lastJob)}>{row.lastJob}</Link>
      ) : (
        <span title={row.lastReason ?? undefined}>{row.lastReason ?? 'nothing yet'}</span>
      ),
    text: (row) => row.lastReason ?? row.lastJob ?? '',
  },
  {
    id: 'acts',
    header: '',
    width: 190,
    cell: (row) => (
      <>
        <button type="button" className="button quiet" disabled={isBusy} onClick={() => run(row)}>
          Run now
        </button>
        <button type="button" className="button quiet" disabled={isBusy} onClick={() => move(row)}>
          {row.state === 'running' ? 'Pause' : 'Resume'}
        </button>
      </>
    ),
  },
]
