import { auditApi, KaizenError } from '@kaizen/contracts'
import { EventStream, type Route, route } from '../http/index.ts'
import type { AuditLog } from './service.ts'

const streamBatch = 500

export function auditRoutes(log: AuditLog): readonly Route[] {
  return [
    route(auditApi.list, async ({ query }) => {
      const before = query.pageToken === undefined ? undefined : Number(query.pageToken)
      if (before !== undefined && !Number.isSafeInteger(before)) {
        throw new KaizenError('INVALID_REQUEST', 'query.pageToken: not a token of this list')
      }
      return log.list({ ...query, before })
    }),
    route(auditApi.verify, () => log.verify()),
    route(auditApi.stream, async ({ query, request, reply }) => {
      const resumed = Number(request.headers['last-event-id'])
      const from = Number.isSafeInteger(resumed) ? resumed : (query.after ?? (await log.headSeq()))
      await follow(log, new EventStream(reply), from)
    }),
  ]
}

/** Sends what is committed, then waits to be told of more, until the caller hangs up. */
async function follow(log: AuditLog, stream: EventStream, after: number): Promise<void> {
  let position = after
  let wake: () => void = () => undefined
  const stop = log.onAppend(() => wake())
  const poll = setInterval(() => wake(), 1000).unref()
  stream.onClose(() => {
    stop()
    clearInterval(poll)
    wake()
  })
  while (stream.open) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    const events = await log.readAfter(position, streamBatch)
    for (const event of events) {
      await stream.send({ id: String(event.seq), event: 'audit', data: event })
      position = event.seq
    }
    if (events.length === 0 && stream.open) await woken
  }
}
