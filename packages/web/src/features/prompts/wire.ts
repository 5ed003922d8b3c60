import type { Page } from '@kaizen/contracts'

/** What is read of MLflow's answers about prompts: registered models with a mark, whose versions hold a text in a tag. */
export interface Prompt {
  readonly name: string
  readonly description: string
  readonly latestVersion: number | null
  readonly aliases: readonly { readonly alias: string; readonly version: number }[]
  readonly createdAt: number | null
  readonly updatedAt: number | null
}

export interface PromptVersion {
  readonly version: number
  readonly aliases: readonly string[]
  /** What a version says of itself, as the message of a commit does. */
  readonly message: string
  readonly by: string
  readonly createdAt: number | null
  readonly kind: 'text' | 'chat'
  /** The template as it was registered; of a chat one message after the other. */
  readonly template: string
  readonly variables: readonly string[]
  readonly responseFormat: string
  readonly modelConfig: string
  readonly tags: ReadonlyMap<string, string>
}

type Fields = Readonly<Record<string, unknown>>
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}
const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fields) : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number | null => {
  const parsed = Number(value ?? Number.NaN)
  return Number.isFinite(parsed) ? parsed : null
}
const tagsOf = (value: unknown): ReadonlyMap<string, string> =>
  new Map(list(value).map((tag) => [text(tag['key']), text(tag['value'])]))

export const promptMark = 'mlflow.prompt.is_prompt'
const textTag = 'mlflow.prompt.text'
const kindTag = '_mlflow_prompt_type'
const formatTag = '_mlflow_prompt_response_format'
const configTag = '_mlflow_prompt_model_config'

export function readPrompt(value: unknown): Prompt {
  const model = fields(value)
  const versions = list(model['latest_versions']).flatMap((one) => number(one['version']) ?? [])
  return {
    name: text(model['name']),
    description: text(model['description']),
    latestVersion: versions.length === 0 ? null : Math.max(...versions),
    aliases: list(model['aliases']).map((one) => ({
      alias: text(one['alias']),
      version: number(one['version']) ?? 0,
    })),
    createdAt: number(model['creation_timestamp']),
    updatedAt: number(model['last_updated_timestamp']),
  }
}

const pageOf = <Item>(answer: unknown, items: readonly Item[]): Page<Item> => {
  const token = text(fields(answer)['next_page_token'])
  return { items: [...items], ...(token !== '' && { nextPageToken: token }) }
}

export const readPromptPage = (answer: unknown): Page<Prompt> =>
  pageOf(answer, list(fields(answer)['registered_models']).map(readPrompt))

export const readVersionPage = (answer: unknown): Page<PromptVersion> =>
  pageOf(answer, list(fields(answer)['model_versions']).map(readVersion))

function readVersion(version: Fields): PromptVersion {
  const tags = tagsOf(version['tags'])
  const raw = tags.get(textTag) ?? ''
  const messages = tags.get(kindTag) === 'chat' ? messagesOf(raw) : null
  const template = messages ?? raw
  const known = [promptMark, textTag, kindTag, formatTag, configTag]
  return {
    version: number(version['version']) ?? 0,
    aliases: Array.isArray(version['aliases']) ? version['aliases'].map(String) : [],
    message: text(version['description']),
    by: text(version['user_id']),
    createdAt: number(version['creation_timestamp']),
    kind: messages === null ? 'text' : 'chat',
    template,
    variables: variablesOf(template),
    responseFormat: tags.get(formatTag) ?? '',
    modelConfig: tags.get(configTag) ?? '',
    tags: new Map([...tags].filter(([key]) => !known.includes(key))),
  }
}

/** The messages of a chat, each under who says it; null where they cannot be read. */
function messagesOf(raw: string): string | null {
  try {
    const messages: unknown = JSON.parse(raw)
    if (!Array.isArray(messages)) return null
    return list(messages)
      .map(({ role, content }) => {
        const said = typeof content === 'string' ? content : JSON.stringify(content, null, 2)
        return `${text(role)}:\n${said}`
      })
      .join('\n\n')
  } catch {
    return null
  }
}

/** Names in double braces, each once, in the order of the text. */
export const variablesOf = (template: string): readonly string[] => [
  ...new Set([...template.matchAll(/\{\{\s*([\w.-]+)\s*\}\}/g)].map(([, name]) => name ?? '')),
]

/** The versions of a prompt that a run or trace says it used, by its tag. */
export function linkedVersions(tag: string | undefined, name: string): readonly string[] {
  try {
    return list(JSON.parse(tag ?? '[]'))
      .filter((one) => one['name'] === name)
      .map((one) => String(one['version']))
  } catch {
    return []
  }
}
