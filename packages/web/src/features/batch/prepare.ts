import type { BatchJob, BatchScheduleView, NewBatchJob } from '@kaizen/contracts'
import { formatCount } from '../../shared/format/number.ts'

/** Share of its rows that a job has dealt with; null where it has none to deal with. */
export const doneShare = ({ rows, scored, failed }: BatchJob): number | null =>
  rows === 0 ? null : (scored + failed) / rows

/** Rows with answers and rows set aside, of all. */
export const progressWords = ({ rows, scored, failed }: BatchJob): string =>
  `${formatCount(scored + failed)} of ${formatCount(rows)}`

/** How long it took, or has taken. */
export const tookMs = ({ createdAt, endedAt }: BatchJob, now: number): number =>
  Math.max(0, (endedAt ?? now) - createdAt)

/** What a job scored, in a word. */
export const inputWords = ({ input }: BatchJob): string =>
  'file' in input
    ? `file ${input.file.slice(0, 12)}`
    : `${input.dataset}${input.version === undefined ? ', the latest' : ` · ${input.version}`}`

/** The same job asked for again: what the model and the dataset stand for now is scored. */
export const sameAgain = (job: BatchJob): NewBatchJob => ({
  model: job.model,
  input: job.input,
  format: job.format,
  ...(job.columns !== null && { columns: job.columns }),
  ...(job.keep !== null && { keep: job.keep }),
  ...(job.dataset !== null && { dataset: job.dataset }),
  ...(job.rowsPerSecond !== null && { rowsPerSecond: job.rowsPerSecond }),
})

/** The command that asks for the same; a file is known to the reader alone. */
export const commandOf = (job: BatchJob): string => {
  const { input } = job
  const source =
    'file' in input
      ? 'FILE'
      : `dataset:${input.dataset}${input.version === undefined ? '' : `/${input.version}`}`
  return `kaizen batch ${job.model} ${source} --out scored.${job.format}`
}

/** What a schedule is doing: one whose last time came to nothing by a failure is in trouble. */
export const scheduleState = ({
  state,
  lastOutcome,
}: Pick<BatchScheduleView, 'state' | 'lastOutcome'>): string =>
  state === 'paused' ? 'paused' : lastOutcome === 'failed' ? 'failed' : 'ready'

/** When a schedule comes. */
export const timesWords = ({
  cron,
  timeZone,
}: Pick<BatchScheduleView, 'cron' | 'timeZone'>): string =>
  timeZone === 'UTC' ? `${cron} UTC` : `${cron}, ${timeZone}`
