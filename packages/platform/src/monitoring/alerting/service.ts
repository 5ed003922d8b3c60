import { KaizenError, type Page, type silenceBody } from '@kaizen/contracts'
import type { z } from 'zod'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock, Ids } from '../../kernel/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import {
  deleteChannel,
  findChannel,
  listChannels,
  mostChannels,
  upsertChannel,
} from './channels.store.ts'
import { deliveriesOf } from './deliveries.store.ts'
import type {
  AlertView,
  ChannelBody,
  ChannelRecord,
  ChannelTarget,
  ChannelView,
  DeliveryView,
  SilenceRecord,
  SilenceView,
} from './model.ts'
import { holds } from './routing.ts'
import type { Sender } from './send.ts'
import { deleteSilence, insertSilence, listSilences } from './silences.store.ts'

export interface AlertingDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly sender: Sender
}

/** Channels, silences, and what was told. */
export class AlertingService {
  readonly #deps: AlertingDeps

  constructor(deps: AlertingDeps) {
    this.#deps = deps
  }

  async channels(limit: number, after = ''): Promise<Page<ChannelView>> {
    const found = await listChannels(this.#deps.database.reader, after, limit)
    const items = found.map(viewOf)
    const last = items.at(-1)
    return items.length === limit && last ? { items, nextPageToken: last.name } : { items }
  }

  /** Creates or replaces a channel; what is told to it from now on follows it. @throws INVALID_REQUEST beyond 1,000 channels */
  async putChannel(by: Actor, name: string, body: ChannelBody): Promise<ChannelView> {
    const { database, audit, clock } = this.#deps
    const channel: ChannelRecord = { name, ...body, updatedAt: clock.now() }
    const view = viewOf(channel)
    await database.write(async (tx) => {
      await upsertChannel(tx, channel)
      const { length } = await listChannels(tx, '', mostChannels + 1)
      if (length > mostChannels) throw tooManyChannels()
      await audit.append(tx, {
        actor: by,
        type: 'monitoring.channel.changed',
        subject: `alert-channel:${name}`,
        data: { ...view },
      })
    })
    return view
  }

  /** @throws NOT_FOUND */
  async deleteChannel(by: Actor, name: string): Promise<void> {
    const { database, audit } = this.#deps
    await database.write(async (tx) => {
      if (!(await deleteChannel(tx, name))) throw noChannel(name)
      const subject = `alert-channel:${name}`
      await audit.append(tx, { actor: by, type: 'monitoring.channel.deleted', subject })
    })
  }

  /** Sends a made-up alert now. @throws NOT_FOUND */
  async testChannel(
    name: string,
  ): Promise<{ readonly ok: boolean; readonly error: string | null }> {
    const { database, sender, clock, ids } = this.#deps
    const channel = await findChannel(database.reader, name)
    if (!channel) throw noChannel(name)
    const at = clock.now()
    try {
      await sender.send(channel.target, {
        event: 'opened',
        alert: testAlert(at),
        at,
        id: ids.next('delivery'),
      })
      return { ok: true, error: null }
    } catch (failure) {
      return { ok: false, error: failure instanceof Error ? failure.message : String(failure) }
    }
  }

  async silences(limit: number, before: string | undefined): Promise<Page<SilenceView>> {
    const { database } = this.#deps
    const found = await listSilences(database.reader, { before: before ?? null, limit })
    const items = found.map((silence) => this.#viewOf(silence))
    const last = items.at(-1)
    return items.length === limit && last ? { items, nextPageToken: last.id } : { items }
  }

  silence(by: Actor, body: z.output<typeof silenceBody>): Promise<SilenceView> {
    return this.#deps.database.write((tx) => this.silenceIn(tx, by, body))
  }

  /** @throws INVALID_REQUEST for a silence that would end before it begins. */
  async silenceIn(tx: Tx, by: Actor, body: z.output<typeof silenceBody>): Promise<SilenceView> {
    const { audit, clock, ids } = this.#deps
    const now = clock.now()
    const from = body.from ?? now
    if (body.to <= from) {
      throw new KaizenError('INVALID_REQUEST', 'body.to: a silence must end after it begins', {
        hint: `It would begin at ${new Date(from).toISOString()}.`,
      })
    }
    const { monitors, rules, to, repeat, reason } = body
    const id = ids.next('silence')
    const told = { monitors, rules, from, to, repeat, reason }
    const made = { id, ...told, createdBy: by.name, createdAt: now }
    await insertSilence(tx, made)
    await audit.append(tx, {
      actor: by,
      type: 'monitoring.silence.created',
      subject: `alert-silence:${id}`,
      data: told,
    })
    return this.#viewOf(made)
  }

  /** @throws NOT_FOUND */
  async endSilence(by: Actor, id: string): Promise<void> {
    const { database, audit } = this.#deps
    await database.write(async (tx) => {
      if (!(await deleteSilence(tx, id))) {
        throw new KaizenError('NOT_FOUND', `there is no silence "${id}"`, {
          hint: '`kaizen alerts silences` lists them.',
        })
      }
      const subject = `alert-silence:${id}`
      await audit.append(tx, { actor: by, type: 'monitoring.silence.ended', subject })
    })
  }

  /** What was told of an alert, oldest first. */
  deliveries(alert: string): Promise<readonly DeliveryView[]> {
    return deliveriesOf(this.#deps.database.reader, alert)
  }

  #viewOf(silence: SilenceRecord): SilenceView {
    return { ...silence, active: holds(silence, this.#deps.clock.now()) }
  }
}

const viewOf = ({
  name,
  target,
  monitors,
  rules,
  minSeverity,
  events,
  updatedAt,
}: ChannelRecord) => ({
  name,
  kind: target.kind,
  target: shown(target),
  monitors,
  rules,
  minSeverity,
  events: [...events],
  updatedAt,
})

/** The host alone: whoever knows the whole address of a chat's webhook may write to it. */
const shown = (target: ChannelTarget): string =>
  target.kind === 'email'
    ? `${target.to.join(', ')} by ${target.host}`
    : `${new URL(target.url).origin}/…`

const noChannel = (name: string): KaizenError =>
  new KaizenError('NOT_FOUND', `there is no alert channel named "${name}"`, {
    hint: '`kaizen alerts channels` lists them.',
  })

const tooManyChannels = (): KaizenError =>
  new KaizenError(
    'INVALID_REQUEST',
    `there are ${mostChannels} alert channels, which is the most`,
    {
      hint: 'Remove one, or let a channel fan out where it leads to.',
    },
  )

const testAlert = (at: number): AlertView => ({
  id: 'test',
  monitor: 'test',
  rule: 'test',
  metric: 'test',
  severity: 'info',
  state: 'open',
  message: 'This is a test of the channel; nothing is wrong.',
  value: null,
  threshold: null,
  note: '',
  acknowledgedBy: null,
  assignee: null,
  comments: 0,
  openedAt: at,
  resolvedAt: null,
  windowFrom: at,
  windowTo: at,
})
