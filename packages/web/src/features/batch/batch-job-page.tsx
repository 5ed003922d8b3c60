import { type BatchJob, batchJobsApi } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useAct } from '../../shared/api/use-act.ts'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatShare,
} from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Command } from '../../shared/ui/command.tsx'
import { FormFailure, SureButton } from '../../shared/ui/form.tsx'
import { Icon } from '../../shared/ui/icon.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { useServerNow } from '../../shared/ui/server-clock.ts'
import { Loaded } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import { cancelJob, jobQuery, startJob } from './api.ts'
import { commandOf, doneShare, inputWords, progressWords, sameAgain, tookMs } from './prepare.ts'
import '../../shared/charts/chart.css'
import './batch.css'

const route = getRouteApi('/batch-jobs/$id')

/** A batch job: how far it is, what it has written, and what was set aside. */
export function BatchJobPage() {
  const { id } = route.useParams()
  const query = useQuery(jobQuery(id))
  return <Loaded query={query}>{(job) => <Found job={job} />}</Loaded>
}

function Found({ job }: { readonly job: BatchJob }) {
  const router = useRouter()
  const cancel = useAct(() => cancelJob(job.id), [batchJobsApi.list, batchJobsApi.get])
  const again = useAct(async () => {
    const started = await startJob(sameAgain(job))
    router.history.push(paths.batchJob(started.id))
  }, [batchJobsApi.list])
  const isOver = job.endedAt !== null
  return (
    <Page
      title={job.id}
      crumbs={[
        { label: 'Endpoints', href: paths.endpoints },
        { label: 'Batch jobs', href: paths.batchJobs },
      ]}
      badges={<Status state={job.state} />}
      subtitle={`${inputWords(job)} by ${job.modelName} · ${job.modelVersion}`}
      actions={
        isOver ? (
          <button
            type="button"
            className="button"
            disabled={again.isPending}
            onClick={() => again.mutate()}
          >
            Start again
          </button>
        ) : (
          <SureButton
            label="Cancel"
            warning="Cancel: what was scored is dropped"
            disabled={cancel.isPending}
            onSure={() => cancel.mutate()}
          />
        )
      }
    >
      <FormFailure error={cancel.error ?? again.error} />
      <Progress job={job} />
      <Section title="What was asked">
        <Facts facts={factsOf(job)} />
      </Section>
      <Command text={commandOf(job)} />
    </Page>
  )
}

function Progress({ job }: { readonly job: BatchJob }) {
  const share = doneShare(job)
  const now = useServerNow()
  return (
    <Section title="Progress" aside={progressWords(job)}>
      <div className="section-body batch-progress">
        <span className="meter" aria-hidden="true">
          <i style={{ width: `${(share ?? (job.endedAt === null ? 0 : 1)) * 100}%` }} />
        </span>
        <b>{formatShare(share, 0)}</b>
      </div>
      {job.error !== null && (
        <p className="form-failure" role="alert">
          <Icon name="failed" size={13} /> {job.error}
        </p>
      )}
      <Facts
        facts={[
          { label: 'Answered', value: formatCount(job.scored) },
          { label: 'Set aside', value: formatCount(job.failed) },
          { label: 'Rows', value: formatCount(job.rows) },
          { label: 'Took', value: formatDuration(tookMs(job, now)) },
          { label: 'Output', value: <Written job={job} which="output" /> },
          { label: 'Rows set aside', value: <Written job={job} which="errors" /> },
        ]}
      />
    </Section>
  )
}

function Written({ job, which }: { readonly job: BatchJob; readonly which: 'output' | 'errors' }) {
  const file = job[which]
  if (!file) return <span className="faint">{job.endedAt === null ? 'not yet' : 'none'}</span>
  return (
    <a
      className="link"
      href={`/api/v1/batch-jobs/${encodeURIComponent(job.id)}/${which}`}
      download={`${which}.${job.format}`}
    >
      {formatCount(file.rowCount)} rows, {formatBytes(file.sizeBytes)}
    </a>
  )
}

const factsOf = (job: BatchJob) => [
  {
    label: 'Model',
    value: (
      <Link className="link" href={paths.modelVersion(job.modelName, job.modelVersion)}>
        {job.modelName} · {job.modelVersion}
      </Link>
    ),
  },
  { label: 'Asked for as', value: job.model },
  {
    label: 'Input',
    value:
      'dataset' in job.input ? (
        <Link className="link" href={paths.dataset(job.input.dataset, job.input.version)}>
          {inputWords(job)}
        </Link>
      ) : (
        inputWords(job)
      ),
  },
  { label: 'Format', value: job.format },
  { label: 'Columns beside the answers', value: job.keep === null ? 'all' : job.keep.join(', ') },
  {
    label: 'Kept as',
    value:
      job.dataset === null ? (
        '–'
      ) : (
        <Link className="link" href={paths.dataset(job.dataset, job.datasetVersion ?? undefined)}>
          {job.dataset}
          {job.datasetVersion === null ? '' : ` · ${job.datasetVersion}`}
        </Link>
      ),
  },
  {
    label: 'At most',
    value:
      job.rowsPerSecond === null
        ? 'as fast as it goes'
        : `${formatCount(job.rowsPerSecond)} rows a second`,
  },
  { label: 'Asked', value: <When at={job.createdAt} full /> },
  { label: 'By', value: job.createdBy },
  { label: 'Ended', value: <When at={job.endedAt} full /> },
]
