import { Subscription } from '../audit/index.ts'
import type { Surface } from '../http/index.ts'
import type { WorkspaceContents } from '../identity/index.ts'
import { JobQueue } from '../jobs/index.ts'
import { systemClock } from '../kernel/index.ts'
import type { RegistryService } from '../registry/index.ts'
import { WebhookService, webhookSurfaces } from '../webhooks/index.ts'
import type { ServerConfig } from './config.ts'
import type { Foundation } from './foundation.ts'
import { openSecretBox } from './secret-box.ts'

const deliveriesAtOnce = 8

/** Webhooks with a queue of their own: a receiver that is slow holds up no training, and training no receiver. */
export async function openWebhooks(
  foundation: Foundation,
  config: ServerConfig,
  registry: RegistryService,
): Promise<
  { readonly surfaces: readonly Surface[]; readonly contents: WorkspaceContents } & AsyncDisposable
> {
  const { database, audit, ids, clock, logger, directory } = foundation
  const jobs = new JobQueue({
    database,
    // Receivers live in real time, also while the server's clock is moved by hand.
    clock: systemClock,
    ids,
    concurrency: deliveriesAtOnce,
    soleOwner: config.databaseUrl === undefined,
    onFailure: (job, failure) => logger.warn({ job: job.id, cause: failure }, 'a webhook failed'),
  })
  const webhooks = new WebhookService({
    database,
    audit,
    jobs,
    clock,
    ids,
    registry,
    secrets: await openSecretBox(config, directory.root),
    allowPrivate: config.webhooksToPrivate,
  })
  await jobs.start()
  const reactions = new Subscription(
    database,
    audit,
    webhooks.reactions((failure, event) =>
      logger.error(
        { event: event?.seq, cause: failure },
        'an event could not be taken for webhooks',
      ),
    ),
  )
  return {
    surfaces: webhookSurfaces(webhooks),
    contents: webhooks.workspaceContents(),
    async [Symbol.asyncDispose]() {
      await reactions[Symbol.asyncDispose]()
      await jobs[Symbol.asyncDispose]()
    },
  }
}
