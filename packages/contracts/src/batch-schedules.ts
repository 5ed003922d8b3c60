import { z } from 'zod'
import { newBatchJob } from './batch-jobs.ts'
import { endpoint } from './endpoint.ts'
import { empty, nameParams, objectName, page, pageQuery, timestampMs } from './shared.ts'

/** What a time does that passed while no server ran: one job for all of them, or none. */
export const missedPolicies = ['once', 'skip'] as const
/** What a time does at which the job before still runs: none, one beside it, or one in its place. */
export const overlapPolicies = ['skip', 'allow', 'replace'] as const

/** The dataset that is scored, in its latest version at each time. */
const scheduledInput = z.strictObject({ dataset: objectName })

export const newBatchSchedule = z.strictObject({
  name: objectName,
  /** Aliases and endpoints stand for what they are at each time. */
  job: newBatchJob.extend({ input: scheduledInput }),
  /** Five fields: minute, hour, day, month, day of the week; six with seconds. */
  cron: z.string().min(1).max(100),
  timeZone: z.string().min(1).max(64).default('UTC'),
  missed: z.enum(missedPolicies).default('once'),
  overlap: z.enum(overlapPolicies).default('skip'),
})
export type NewBatchSchedule = z.output<typeof newBatchSchedule>

export const scheduleStates = ['running', 'paused'] as const
export const scheduleOutcomes = ['started', 'skipped', 'failed'] as const

export const batchScheduleView = newBatchSchedule.extend({
  state: z.enum(scheduleStates),
  /** Null where no time is left. */
  nextAt: timestampMs.nullable(),
  /** The time that was last due, and what came of it. */
  lastAt: timestampMs.nullable(),
  lastOutcome: z.enum(scheduleOutcomes).nullable(),
  /** Why nothing was started. */
  lastReason: z.string().nullable(),
  /** The batch job that was last started. */
  lastJob: z.string().nullable(),
  createdAt: timestampMs,
  createdBy: z.string(),
})
export type BatchScheduleView = z.output<typeof batchScheduleView>

export const batchSchedulesApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/batch-schedules',
    summary: 'List schedules of batch jobs by name',
    action: 'view',
    query: pageQuery,
    response: page(batchScheduleView),
  }),
  create: endpoint({
    method: 'POST',
    path: '/api/v1/batch-schedules',
    summary: 'Score a dataset at the times of a schedule',
    action: 'edit',
    body: newBatchSchedule,
    response: batchScheduleView,
    status: 201,
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/batch-schedules/:name',
    summary: 'Get a schedule, when it is due next, and what came of it last',
    action: 'view',
    params: nameParams,
    response: batchScheduleView,
  }),
  run: endpoint({
    method: 'POST',
    path: '/api/v1/batch-schedules/:name/run',
    summary: 'Start its job now, whatever the time and its state',
    action: 'edit',
    params: nameParams,
    response: batchScheduleView,
  }),
  pause: endpoint({
    method: 'POST',
    path: '/api/v1/batch-schedules/:name/pause',
    summary: 'Start nothing until it is resumed',
    action: 'edit',
    params: nameParams,
    response: batchScheduleView,
  }),
  resume: endpoint({
    method: 'POST',
    path: '/api/v1/batch-schedules/:name/resume',
    summary: 'Go on with the next time; those in between are passed over',
    action: 'edit',
    params: nameParams,
    response: batchScheduleView,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/api/v1/batch-schedules/:name',
    summary: 'Delete a schedule; its jobs stay',
    action: 'edit',
    params: nameParams,
    response: empty,
  }),
} as const
