import { KaizenError, type LineageEvent } from '@kaizen/contracts'
import type { AuditEvent, AuditLog, SubscriptionOptions } from '../../audit/index.ts'
import type { JobContext, JobQueue } from '../../jobs/index.ts'
import { LineageSource, type LineageSourceDeps } from './lineage-source.ts'
import { type Receiver, sendLineage } from './send-lineage.ts'

export interface LineageDeps extends LineageSourceDeps {
  readonly audit: Pick<AuditLog, 'readAfter'>
  readonly jobs: Pick<JobQueue, 'enqueue' | 'handle'>
  /** Who is told; nobody unless given. */
  readonly receiver: Receiver | undefined
}

const jobKind = 'delivery.lineage'
/** With pauses of 1, 2, 4 … seconds, about nine hours in all. */
const maxAttempts = 16

const told = new Set([
  'pipelines.run.started',
  'pipelines.run.succeeded',
  'pipelines.run.failed',
  'pipelines.run.cancelled',
  'pipelines.step.ended',
  'pipelines.steps.reused',
  'registry.version.created',
  'features.materialization.requested',
  'features.materialization.succeeded',
  'features.materialization.failed',
  'serving.batch.created',
  'serving.batch.succeeded',
  'serving.batch.failed',
  'serving.batch.cancelled',
])

/** Lineage by OpenLineage: told to a receiver durably, and answered for versions of models. */
export class LineageService {
  readonly #deps: LineageDeps
  readonly #source: LineageSource

  constructor(deps: LineageDeps) {
    this.#deps = deps
    this.#source = new LineageSource(deps)
    deps.jobs.handle(jobKind, (context) => this.#tell(context))
  }

  /** Where a version came from. @throws NOT_FOUND */
  version(name: string, version: number): Promise<readonly LineageEvent[]> {
    return this.#source.behind(name, version)
  }

  /** Turns events into jobs in the transaction that moves the cursor: none is lost, none taken twice. */
  reactions(onError: SubscriptionOptions['onError']): SubscriptionOptions {
    return {
      name: 'lineage',
      concerns: ({ type }) => told.has(type),
      react: async (tx, { seq }) => {
        await this.#deps.jobs.enqueue(tx, {
          kind: jobKind,
          key: String(seq),
          payload: { seq },
          maxAttempts,
        })
      },
      onError,
    }
  }

  async #tell({ job, signal }: JobContext): Promise<void> {
    const { receiver, audit } = this.#deps
    const { seq } = job.payload as { readonly seq: number }
    const [event] = (await audit.readAfter(seq - 1, 1)) as readonly AuditEvent[]
    if (!receiver || event?.seq !== seq) return
    for (const one of await this.#source.eventsOf(event)) {
      const status = await sendLineage(receiver, one, signal)
      if (status >= 200 && status < 300) continue
      // What a receiver refuses it refuses again; the job stands as failed, with the reason.
      throw new KaizenError('UNAVAILABLE', `the receiver of lineage answered ${status}`)
    }
  }
}
