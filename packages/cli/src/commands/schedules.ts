import {
  type BatchScheduleView,
  batchSchedulesApi,
  KaizenError,
  missedPolicies,
  type NewBatchSchedule,
  overlapPolicies,
} from '@kaizen/contracts'
import { Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { commaParted, positiveNumber } from '../option-values.ts'
import { formatTime, print, renderFacts, renderTable } from '../render.ts'

/** `kaizen schedules`: batch jobs at the times of a clock. */
export const schedulesCommand = (): Command =>
  new Command('schedules')
    .description('Schedules: datasets that are scored by batch jobs, again and again.')
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(actCommand('show', 'Show a schedule and what came of it last.'))
    .addCommand(actCommand('run', 'Start its job now.'))
    .addCommand(actCommand('pause', 'Start nothing until it is resumed.'))
    .addCommand(actCommand('resume', 'Go on with the next time.'))
    .addCommand(deleteCommand())

const listCommand = (): Command =>
  apiCommand('list', 'List schedules.', 'kaizen schedules list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const schedules = await Array.fromAsync(client.paged(batchSchedulesApi.list))
      print(json, schedules, () =>
        schedules.length === 0
          ? 'No schedules yet. `kaizen schedules create NAME MODEL DATASET --cron "0 7 * * *"` makes one.'
          : renderTable(schedules, [
              { title: 'name', of: (row) => row.name },
              { title: 'state', of: (row) => row.state },
              { title: 'model', of: (row) => row.job.model },
              { title: 'dataset', of: (row) => row.job.input.dataset },
              { title: 'times', of: timesText },
              { title: 'next', of: (row) => timeText(row.nextAt) },
              { title: 'last', of: (row) => row.lastOutcome },
            ]),
      )
    },
  )

interface CreateFlags {
  readonly cron: string
  readonly timeZone: string
  readonly missed: NewBatchSchedule['missed']
  readonly overlap: NewBatchSchedule['overlap']
  readonly into?: string
  readonly columns?: string[]
  readonly keep?: string[]
  readonly rowsPerSecond?: number
}

const createCommand = (): Command =>
  apiCommand(
    'create',
    'Score the newest version of a dataset at the times of a clock.',
    'kaizen schedules create nightly models:/fraud@champion payments --cron "0 2 * * *" --time-zone Europe/Berlin --into scores',
  )
    .argument('<name>', 'its name')
    .argument(
      '<model>',
      'models:/NAME@ALIAS, ensembles:/NAME or an endpoint: what it is at each time',
    )
    .argument('<dataset>', 'the dataset')
    .requiredOption('--cron <times>', 'minute, hour, day, month and day of the week')
    .option('--time-zone <zone>', 'of the times', 'UTC')
    .addOption(
      new Option(
        '--missed <policy>',
        'times that passed while no server ran: one job for all, or none',
      )
        .choices([...missedPolicies])
        .default('once'),
    )
    .addOption(
      new Option('--overlap <policy>', 'a time at which the job before still runs')
        .choices([...overlapPolicies])
        .default('skip'),
    )
    .option('--into <dataset>', 'make each output a version of this dataset')
    .option(
      '--columns <names>',
      "columns of a model's one matrix, in its order, by commas",
      commaParted,
    )
    .option(
      '--keep <names>',
      'columns to keep beside the answers, by commas; all unless told',
      commaParted,
    )
    .option('--rows-per-second <rate>', 'score no faster than this', positiveNumber)
    .action(
      async (
        name: string,
        model: string,
        dataset: string,
        flags: CreateFlags,
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const { cron, timeZone, missed, overlap } = flags
        const job = {
          model,
          input: { dataset },
          ...given('columns', flags.columns),
          ...given('keep', flags.keep),
          ...given('dataset', flags.into),
          ...given('rowsPerSecond', flags.rowsPerSecond),
        }
        const body = { name, job, cron, timeZone, missed, overlap }
        const schedule = await client.call(batchSchedulesApi.create, { body })
        print(json, schedule, () => describe(schedule))
      },
    )

const actCommand = (verb: 'show' | 'run' | 'pause' | 'resume', what: string): Command =>
  apiCommand(verb, what, `kaizen schedules ${verb} nightly`)
    .argument('<name>', 'the schedule')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const call = verb === 'show' ? batchSchedulesApi.get : batchSchedulesApi[verb]
      const schedule = await client.call(call, { params: { name } })
      print(json, schedule, () => describe(schedule))
    })

const deleteCommand = (): Command =>
  apiCommand('delete', 'Delete a schedule; its jobs stay.', 'kaizen schedules delete nightly --yes')
    .argument('<name>', 'the schedule')
    .option('--yes', 'say that it may go', false)
    .action(async (name: string, flags: { yes: boolean }, command: Command) => {
      const { client, json } = contextOf(command)
      if (!flags.yes) {
        throw new KaizenError('INVALID_REQUEST', `"${name}" would start nothing any more`, {
          hint: 'Add --yes to delete it, or pause it.',
        })
      }
      await client.call(batchSchedulesApi.remove, { params: { name } })
      print(json, { deleted: name }, () => `The schedule ${name} is deleted.`)
    })

const timeText = (at: number | null): string | null => (at === null ? null : formatTime(at))

const timesText = ({ cron, timeZone }: BatchScheduleView): string =>
  timeZone === 'UTC' ? cron : `${cron} (${timeZone})`

const describe = (schedule: BatchScheduleView): string =>
  renderFacts({
    name: schedule.name,
    state: schedule.state,
    model: schedule.job.model,
    dataset: schedule.job.input.dataset,
    into: schedule.job.dataset ?? null,
    times: timesText(schedule),
    missed: schedule.missed,
    overlap: schedule.overlap,
    next: timeText(schedule.nextAt),
    last: timeText(schedule.lastAt),
    outcome: schedule.lastOutcome,
    because: schedule.lastReason,
    job: schedule.lastJob,
  })
