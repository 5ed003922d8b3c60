/** Everything long is a job: one table, one retry rule, one way to cancel. */
export { jobMigrations } from './migrations.ts'
export type { Job, JobContext, JobHandler, JobState, NewJob } from './model.ts'
export { type JobOptions, JobQueue } from './service.ts'
