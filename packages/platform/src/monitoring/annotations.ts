import type { AuditEvent, AuditLog, NewAuditEvent } from '../audit/index.ts'
import type { Actor } from '../kernel/index.ts'
import type { Annotation, TimeSpan } from './model.ts'

const pageSize = 500

/** What each kind of decision is drawn as; kinds that are not here are not drawn. */
const drawnAs: Readonly<Record<string, string>> = {
  trigger: 'retraining',
  promote: 'promotion',
  reject: 'rejection',
  rollback: 'rollback',
  fail: 'failure',
}

const annotationAdded = 'monitoring.annotation.added'

/** The event by which someone marks a time; it stands with what is watched, as the decisions of the loop do. */
export const annotationEvent = (
  actor: Actor,
  subject: string,
  data: Pick<Annotation, 'at' | 'kind' | 'text'> & { readonly monitor: string },
): NewAuditEvent => ({ actor, type: annotationAdded, subject, data })

/** What happened to what is watched, from its events in the audit log, oldest first: decisions of the loop, marks of people. */
export async function readAnnotations(
  audit: AuditLog,
  subject: string,
  span: TimeSpan,
): Promise<readonly Annotation[]> {
  const [decisions, marks] = await Promise.all([
    readDecisions(audit, subject, span),
    readMarks(audit, subject, span),
  ])
  return [...decisions, ...marks].sort((a, b) => a.at - b.at)
}

/** Marks may stand at any time, before or after the one at which they were made, so all are read. */
async function readMarks(
  audit: AuditLog,
  subject: string,
  span: TimeSpan,
): Promise<readonly Annotation[]> {
  const found: Annotation[] = []
  let before: number | undefined
  for (;;) {
    const { items, nextPageToken } = await audit.list({
      type: annotationAdded,
      subject,
      limit: pageSize,
      before,
    })
    for (const { data } of items) {
      const at = Number(data['at'])
      if (at >= span.from && at <= span.to)
        found.push({ at, kind: String(data['kind']), text: String(data['text']), href: null })
    }
    if (nextPageToken === undefined) return found
    before = Number(nextPageToken)
  }
}

async function readDecisions(
  audit: AuditLog,
  subject: string,
  span: TimeSpan,
): Promise<readonly Annotation[]> {
  const found: Annotation[] = []
  let before: number | undefined
  for (;;) {
    const { items, nextPageToken } = await audit.list({
      type: 'continual.decision.made',
      subject,
      limit: pageSize,
      before,
    })
    found.push(...items.filter(({ at }) => at >= span.from && at <= span.to).flatMap(toAnnotations))
    const last = items.at(-1)
    if (nextPageToken === undefined || !last || last.at < span.from) return found.reverse()
    before = last.seq
  }
}

function toAnnotations({ at, data }: AuditEvent): readonly Annotation[] {
  const kind = drawnAs[String(data['kind'])]
  if (kind === undefined) return []
  const candidate = data['candidate']
  const href = typeof candidate === 'string' ? `/candidates/${candidate}` : null
  const mark: Annotation = { at, kind, text: String(data['summary']), href }
  const incident = data['incident']
  return data['kind'] === 'trigger' && typeof incident === 'string'
    ? [mark, { at, kind: 'incident', text: incident, href }]
    : [mark]
}
