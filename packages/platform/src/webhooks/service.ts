import { KaizenError, type Page, type PageQuery } from '@kaizen/contracts'
import type { AuditEvent, AuditLog, SubscriptionOptions } from '../audit/index.ts'
import { resolveTarget } from '../http/index.ts'
import type { WorkspaceContents } from '../identity/index.ts'
import type { JobContext, JobQueue } from '../jobs/index.ts'
import {
  type Actor,
  type Clock,
  defaultWorkspace,
  type Ids,
  sha256,
  workspaceOf,
} from '../kernel/index.ts'
import type { RegistryService } from '../registry/index.ts'
import type { Database, Reader, Tx } from '../storage/index.ts'
import type { Delivery, Webhook, WebhookEvent } from './model.ts'
import { isTold, payloadOf, type Subject, subjectOf, tell, workspaceOfEvent } from './payloads.ts'
import {
  checkEvents,
  checkUrl,
  checkWebhookName,
  eventName,
  isWorthRetrying,
  refusalWords,
} from './rules.ts'
import type { SecretBox } from './secret-box.ts'
import { send } from './send.ts'
import * as store from './store.ts'

export interface WebhookDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly jobs: Pick<JobQueue, 'enqueue' | 'handle'>
  readonly clock: Clock
  readonly ids: Ids
  readonly registry: RegistryService
  readonly secrets: SecretBox
  /** Lets events go to addresses that are not public, and by plain http. */
  readonly allowPrivate: boolean
}

export interface WebhookFields {
  readonly name: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  readonly description?: string | undefined
  readonly secret?: string | undefined
  readonly status?: string | undefined
}

const jobKind = 'webhooks.deliver'
/** With pauses of 1, 2, 4 … seconds, about eight minutes in all. */
const maxAttempts = 10
const promptTag = 'mlflow.prompt.is_prompt'

/** Webhooks of the registry: events of the audit log, each sent once to each receiver that asked, until it took them. */
export class WebhookService {
  readonly #deps: WebhookDeps

  constructor(deps: WebhookDeps) {
    this.#deps = deps
    deps.jobs.handle(jobKind, (context) => this.#deliver(context))
  }

  /** @throws INVALID_REQUEST */
  async create(actor: Actor, fields: WebhookFields): Promise<Webhook> {
    const { clock, ids } = this.#deps
    const now = clock.now()
    const empty = { description: '', status: 'ACTIVE', secret: null, createdAt: now } as const
    const made = { id: ids.next('wh'), workspace: workspaceOf(actor), ...empty }
    const webhook = await this.#checked(made, fields)
    await this.#put(actor, 'created', webhook)
    return webhook
  }

  /** @throws NOT_FOUND, INVALID_REQUEST */
  async update(actor: Actor, id: string, change: Partial<WebhookFields>): Promise<Webhook> {
    const before = await this.get(id, workspaceOf(actor))
    const { name, url, events, description } = before
    const webhook = await this.#checked(before, { name, url, events, description, ...change })
    await this.#put(actor, 'updated', webhook)
    return webhook
  }

  /** @throws NOT_FOUND */
  async get(id: string, workspace: string): Promise<Webhook> {
    const found = await store.findWebhook(this.#deps.database.reader, id)
    if (found?.workspace === workspace) return found
    throw new KaizenError('NOT_FOUND', `Webhook with ID ${id.slice(0, 100)} not found.`)
  }

  async list(workspace: string, limit: number, before?: string): Promise<Page<Webhook>> {
    const { reader } = this.#deps.database
    const found = await store.listWebhooks(reader, workspace, before, limit + 1)
    const items = found.slice(0, limit)
    const last = items.at(-1)
    return found.length > limit && last ? { items, nextPageToken: last.id } : { items }
  }

  /** @throws NOT_FOUND */
  async delete(actor: Actor, id: string): Promise<void> {
    const { database, audit } = this.#deps
    const { name } = await this.get(id, workspaceOf(actor))
    await database.write(async (tx) => {
      await store.deleteWebhook(tx, id)
      const event = { type: 'webhooks.webhook.deleted', subject: `webhook:${id}`, data: { name } }
      await audit.append(tx, { actor, ...event })
    })
  }

  /** Sends an example now, whatever the webhook's status. @throws NOT_FOUND, INVALID_REQUEST */
  async test(
    actor: Actor,
    id: string,
    wanted?: WebhookEvent,
  ): Promise<{ status?: number; body?: string; error?: string }> {
    const { clock, ids, allowPrivate } = this.#deps
    const webhook = await this.get(id, workspaceOf(actor))
    const [event] = checkEvents(wanted ? [wanted] : webhook.events)
    if (!event) throw new KaizenError('INVALID_REQUEST', 'the webhook asks for no events')
    const data = { name: 'example_model', version: '1', tags: {}, description: 'An example' }
    const payload = payloadOf({ event, data }, clock.now())
    try {
      const outgoing = {
        url: webhook.url,
        id: ids.next('test'),
        payload,
        secret: this.#secretOf(webhook),
      }
      const signal = AbortSignal.timeout(30_000)
      return await send(outgoing, { allowPrivate, now: Date.now() / 1000, signal })
    } catch (failure) {
      return { error: failure instanceof Error ? failure.message : String(failure) }
    }
  }

  /** Newest first. @throws NOT_FOUND, INVALID_REQUEST */
  async deliveries(
    actor: Actor,
    id: string,
    page: PageQuery,
  ): Promise<Page<Omit<Delivery, 'webhookId' | 'payload'>>> {
    await this.get(id, workspaceOf(actor))
    const before = page.pageToken === undefined ? Number.MAX_SAFE_INTEGER : Number(page.pageToken)
    if (!Number.isSafeInteger(before)) {
      throw new KaizenError('INVALID_REQUEST', 'query.pageToken: not a token of this list')
    }
    const found = await store.listDeliveries(this.#deps.database.reader, id, {
      before,
      limit: page.limit,
    })
    const items = found.map(({ webhookId: _, payload: __, ...view }) => view)
    const last = items.at(-1)
    return items.length === page.limit && last
      ? { items, nextPageToken: String(last.seq) }
      : { items }
  }

  workspaceContents(): WorkspaceContents {
    const all = async (reader: Reader, workspace: string) =>
      store.listWebhooks(reader, workspace, undefined, 100_000)
    return {
      what: 'webhooks',
      count: async (reader, workspace) => (await all(reader, workspace)).length,
      async deleteAll(tx, _actor, workspace) {
        for (const { id } of await all(tx, workspace)) await store.deleteWebhook(tx, id)
      },
      moveToDefault: (tx, _actor, workspace) => store.moveWebhooks(tx, workspace, defaultWorkspace),
    }
  }

  /** Turns events into deliveries in the transaction that moves the cursor: none is lost, none taken twice. */
  reactions(onError: SubscriptionOptions['onError']): SubscriptionOptions {
    return {
      name: 'webhooks',
      concerns: isTold,
      react: (tx, event) => this.#take(tx, event),
      onError,
    }
  }

  async #take(tx: Tx, event: AuditEvent): Promise<void> {
    const webhooks = await store.activeWebhooks(tx, workspaceOfEvent(event))
    if (webhooks.length === 0) return
    const told = tell(event, await this.#subject(tx, event))
    if (!told) return
    const name = eventName(told.event)
    for (const webhook of webhooks) {
      // What happened before a webhook was made is not its business.
      const wanted =
        webhook.createdAt <= event.at && webhook.events.some((one) => eventName(one) === name)
      if (!wanted) continue
      const delivery: Delivery = {
        id: sha256(`${webhook.id}:${event.seq}`).slice(0, 32),
        webhookId: webhook.id,
        seq: event.seq,
        event: name,
        payload: payloadOf(told, event.at),
        state: 'waiting',
        attempts: 0,
        responseStatus: null,
        error: null,
        createdAt: this.#deps.clock.now(),
        endedAt: null,
      }
      if (!(await store.insertDelivery(tx, delivery))) continue
      const { id } = delivery
      await this.#deps.jobs.enqueue(tx, { kind: jobKind, key: id, payload: { id }, maxAttempts })
    }
  }

  async #subject(tx: Tx, event: AuditEvent): Promise<Subject> {
    const { name, version } = subjectOf(event)
    const { registry } = this.#deps
    try {
      const model = await registry.model(tx, name)
      const about =
        version === undefined || !event.type.startsWith('registry.version.')
          ? model
          : await registry.version(tx, name, version)
      const isPrompt = model.tags[promptTag] === 'true'
      return { isPrompt, tags: about.tags, description: about.description }
    } catch (failure) {
      if (!(failure instanceof KaizenError) || failure.code !== 'NOT_FOUND') throw failure
      return { isPrompt: false, tags: {}, description: '' }
    }
  }

  /** One attempt; a failure that another may mend is left to the queue. */
  async #deliver({ job, signal }: JobContext): Promise<void> {
    const { database, clock, allowPrivate } = this.#deps
    const { id } = job.payload as { readonly id: string }
    const delivery = await store.findDelivery(database.reader, id)
    const webhook = delivery && (await store.findWebhook(database.reader, delivery.webhookId))
    if (!delivery || !webhook || delivery.state !== 'waiting') return
    const note = (outcome: Pick<Delivery, 'state' | 'responseStatus' | 'error'>) =>
      database.write((tx) =>
        store.noteAttempt(tx, id, {
          ...outcome,
          attempts: delivery.attempts + 1,
          endedAt: outcome.state === 'waiting' ? null : clock.now(),
        }),
      )
    const last = job.attempt >= job.maxAttempts
    let status: number | null = null
    try {
      const outgoing = {
        url: webhook.url,
        id,
        payload: delivery.payload,
        secret: this.#secretOf(webhook),
      }
      const answer = await send(outgoing, { allowPrivate, now: Date.now() / 1000, signal })
      status = answer.status
      if (status >= 200 && status < 300) {
        await note({ state: 'delivered', responseStatus: status, error: null })
        return
      }
      throw new KaizenError('UNAVAILABLE', `the receiver answered ${status}`)
    } catch (failure) {
      if (signal.aborted) throw failure
      const error = failure instanceof Error ? failure.message : String(failure)
      const refused = failure instanceof KaizenError && failure.kind === 'invalid'
      const isFinal = last || refused || (status !== null && !isWorthRetrying(status))
      await note({ state: isFinal ? 'failed' : 'waiting', responseStatus: status, error })
      if (!isFinal) throw failure
    }
  }

  #secretOf({ secret }: Webhook): string | null {
    return secret === null ? null : this.#deps.secrets.open(secret)
  }

  async #checked(
    before: Pick<Webhook, 'id' | 'workspace' | 'description' | 'status' | 'secret' | 'createdAt'>,
    fields: WebhookFields,
  ): Promise<Webhook> {
    const { allowPrivate, secrets, clock } = this.#deps
    const status = fields.status ?? before.status
    if (status !== 'ACTIVE' && status !== 'DISABLED') {
      throw new KaizenError(
        'INVALID_REQUEST',
        "Invalid value for parameter 'status': use ACTIVE or DISABLED",
      )
    }
    const description = fields.description ?? before.description
    if (description.length > 5000 || (fields.secret?.length ?? 0) > 1000) {
      throw new KaizenError(
        'INVALID_REQUEST',
        'a description has at most 5000 characters, a secret 1000',
      )
    }
    const name = checkWebhookName(fields.name)
    const events = checkEvents(fields.events)
    const url = checkUrl(fields.url, allowPrivate)
    await resolveTarget(url.hostname, { allowPrivate, ...refusalWords }).catch(unresolved)
    return {
      id: before.id,
      name,
      description,
      url: fields.url,
      events,
      status,
      secret: fields.secret ? secrets.seal(fields.secret) : before.secret,
      createdAt: before.createdAt,
      updatedAt: clock.now(),
      workspace: before.workspace,
    }
  }

  /** The log names the receiver's host alone: a path may hold a key. */
  async #put(actor: Actor, what: 'created' | 'updated', webhook: Webhook): Promise<void> {
    const { database, audit } = this.#deps
    const { id, name, events, status } = webhook
    const data = { name, host: new URL(webhook.url).host, events: events.map(eventName), status }
    await database.write(async (tx) => {
      await store.putWebhook(tx, webhook)
      const type = `webhooks.webhook.${what}`
      await audit.append(tx, { actor, type, subject: `webhook:${id}`, data })
    })
  }
}

/** To whoever enters a URL a name that cannot be resolved is a wrong value; clients would try again what is unavailable. */
function unresolved(failure: unknown): never {
  if (!(failure instanceof KaizenError) || failure.code !== 'UNAVAILABLE') throw failure
  throw new KaizenError(
    'INVALID_REQUEST',
    `Invalid value for parameter 'url': ${failure.message}`,
    { cause: failure },
  )
}
