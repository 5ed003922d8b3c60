import type { AuditEvent, AuditLog } from '../audit/index.ts'
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

/** Decisions of the loop about an endpoint, from its events in the audit log, oldest first. */
export async function readAnnotations(
  audit: AuditLog,
  endpoint: string,
  span: TimeSpan,
): Promise<readonly Annotation[]> {
  const found: Annotation[] = []
  let before: number | undefined
  for (;;) {
    const { items, nextPageToken } = await audit.list({
      type: 'continual.decision.made',
      subject: `endpoint:${endpoint}`,
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
