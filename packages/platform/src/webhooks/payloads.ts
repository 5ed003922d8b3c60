import type { AuditEvent } from '../audit/index.ts'
import { workspaceOfModel } from '../registry/index.ts'
import type { WebhookEvent } from './model.ts'

/** What the registry knows about what an event happened to; empty where it is gone by now. */
export interface Subject {
  readonly isPrompt: boolean
  readonly tags: Readonly<Record<string, string>>
  readonly description: string
}

/** A webhook event with the data that MLflow's receivers expect. */
export interface Told {
  readonly event: WebhookEvent
  readonly data: Readonly<Record<string, unknown>>
}

const promptText = 'mlflow.prompt.text'

export const isTold = ({ type }: AuditEvent): boolean => told.has(type)

const told = new Set([
  'registry.model.created',
  'registry.version.created',
  'registry.tag.set',
  'registry.tag.deleted',
  'registry.alias.set',
  'registry.alias.deleted',
])

/** The workspace of the model that an event is about. */
export const workspaceOfEvent = (event: AuditEvent): string =>
  workspaceOfModel(subjectOf(event).name)

/** Name of the model, and number of the version, that an event is about. */
export const subjectOf = ({ subject, data }: AuditEvent) => ({
  name: subject.slice('model:'.length),
  version: typeof data['version'] === 'number' ? data['version'] : undefined,
})

/** An event of the log as the protocol tells it; undefined when it has no word for it. */
export function tell(
  event: AuditEvent,
  { isPrompt, tags, description }: Subject,
): Told | undefined {
  const { name, version } = subjectOf(event)
  const { data } = event
  const numbered = version === undefined ? {} : { version: String(version) }
  const as = (model: string, prompt: string, action: string, fields: object): Told => ({
    event: { entity: isPrompt ? prompt : model, action },
    // Receivers know a model by its name within its workspace.
    data: { name: name.slice(name.indexOf('/') + 1), ...fields },
  })
  switch (event.type) {
    case 'registry.model.created':
      return as('REGISTERED_MODEL', 'PROMPT', 'CREATED', { tags, description })
    case 'registry.version.created': {
      const made = isPrompt
        ? { template: tags[promptText] ?? '' }
        : { source: data['source'], run_id: data['runId'] ?? null }
      return as('MODEL_VERSION', 'PROMPT_VERSION', 'CREATED', {
        ...numbered,
        ...made,
        tags,
        description,
      })
    }
    case 'registry.tag.set':
    case 'registry.tag.deleted': {
      const action = event.type === 'registry.tag.set' ? 'SET' : 'DELETED'
      const value = action === 'SET' ? { value: data['value'] } : {}
      const fields = { ...numbered, key: data['key'], ...value }
      if (version !== undefined)
        return as('MODEL_VERSION_TAG', 'PROMPT_VERSION_TAG', action, fields)
      // The protocol has no event for tags of models.
      return isPrompt ? as('', 'PROMPT_TAG', action, fields) : undefined
    }
    case 'registry.alias.set':
      return as('MODEL_VERSION_ALIAS', 'PROMPT_ALIAS', 'CREATED', {
        alias: data['alias'],
        version: String(data['after']),
      })
    case 'registry.alias.deleted':
      return as('MODEL_VERSION_ALIAS', 'PROMPT_ALIAS', 'DELETED', { alias: data['alias'] })
    default:
      return undefined
  }
}

/** The body that is sent. */
export const payloadOf = ({ event, data }: Told, at: number): string =>
  JSON.stringify({
    entity: event.entity.toLowerCase(),
    action: event.action.toLowerCase(),
    timestamp: new Date(at).toISOString(),
    data,
  })
