/** The loop that turns by itself: policies, triggers, candidates, rollouts, promotions and rollbacks. */
export type { ManualTrigger } from './candidate-starter.ts'
export { LoopService } from './loops.service.ts'
export { continualMigrations } from './migrations.ts'
export type { ArmPredictions, ContinualDeps, PipelineDoor, ServingDoor } from './model.ts'
export { continualRoutes } from './routes.ts'
export { ContinualService } from './service.ts'
