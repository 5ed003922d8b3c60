import type { ScannedSpan, Wanted } from './otlp-scan.ts'
import type { OtlpValue } from './otlp-values.ts'
import { addUsage, type Usage } from './span-usage.ts'

/** What traces are listed, searched and summed by, read from one span. */
export interface SpanFacts {
  readonly type: string
  readonly model: string
  readonly provider: string
  readonly usage: Usage | undefined
  readonly cost: Usage | undefined
}

/** Of one thing there are several attributes: MLflow's own, OpenTelemetry's for generative models, OpenInference's. */
const names = {
  type: ['mlflow.spanType', 'openinference.span.kind', 'gen_ai.operation.name'],
  model: ['mlflow.llm.model', 'gen_ai.response.model', 'gen_ai.request.model', 'llm.model_name'],
  provider: ['mlflow.llm.provider', 'gen_ai.provider.name', 'gen_ai.system', 'llm.provider'],
  inputs: ['mlflow.spanInputs', 'gen_ai.input.messages', 'input.value'],
  outputs: ['mlflow.spanOutputs', 'gen_ai.output.messages', 'output.value'],
  usage: ['mlflow.chat.tokenUsage'],
  inputTokens: ['gen_ai.usage.input_tokens', 'llm.token_count.prompt'],
  outputTokens: ['gen_ai.usage.output_tokens', 'llm.token_count.completion'],
  cost: ['mlflow.llm.cost'],
  session: ['session.id', 'gen_ai.conversation.id'],
  user: ['user.id'],
} as const
const tagPrefix = 'mlflow.traceTag.'
const known: ReadonlySet<string> = new Set(Object.values(names).flat())

/** The attributes that facts are read from. */
export const wantedAttributes: Wanted = (key) => known.has(key) || key.startsWith(tagPrefix)

/** What OpenTelemetry's conventions call the kinds of spans, in MLflow's words. */
const types: Readonly<Record<string, string>> = {
  chat: 'CHAT_MODEL',
  text_completion: 'LLM',
  generate_content: 'LLM',
  embeddings: 'EMBEDDING',
  execute_tool: 'TOOL',
  create_agent: 'AGENT',
  invoke_agent: 'AGENT',
}

type Attributes = ReadonlyMap<string, OtlpValue>

const first = (attributes: Attributes, keys: readonly string[]): OtlpValue | undefined => {
  for (const key of keys) {
    const value = attributes.get(key)
    if (value !== undefined && value !== null) return value
  }
  return undefined
}

/** Exporters that know only texts send JSON inside of one. */
export function unwrapped(value: OtlpValue | undefined): OtlpValue | undefined {
  if (typeof value !== 'string' || !/^\s*["[{]/.test(value) || value.length > 1_000_000)
    return value
  try {
    return JSON.parse(value) as OtlpValue
  } catch {
    return value
  }
}

const textOf = (value: OtlpValue | undefined, limit: number): string => {
  const plain = unwrapped(value)
  const text = plain === undefined ? '' : typeof plain === 'string' ? plain : JSON.stringify(plain)
  return keepable(text).slice(0, limit)
}

/** Text that every database keeps. */
export const keepable = (text: string): string =>
  text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text

const empty: SpanFacts = {
  type: '',
  model: '',
  provider: '',
  usage: undefined,
  cost: undefined,
}

export function factsOf({ attributes }: ScannedSpan): SpanFacts {
  if (attributes.size === 0) return empty
  const type = textOf(first(attributes, names.type), 250)
  return {
    type: types[type] ?? type,
    model: textOf(first(attributes, names.model), 250),
    provider: textOf(first(attributes, names.provider), 250),
    usage: usageOf(attributes),
    cost: numbersOf(first(attributes, names.cost)),
  }
}

function usageOf(attributes: Attributes): Usage | undefined {
  const whole = numbersOf(first(attributes, names.usage))
  if (whole) return whole
  const input = Number(first(attributes, names.inputTokens) ?? Number.NaN)
  const output = Number(first(attributes, names.outputTokens) ?? Number.NaN)
  if (!Number.isFinite(input) && !Number.isFinite(output)) return undefined
  const parts = {
    input_tokens: Number.isFinite(input) ? input : 0,
    output_tokens: Number.isFinite(output) ? output : 0,
  }
  return { ...parts, total_tokens: parts.input_tokens + parts.output_tokens }
}

function numbersOf(value: OtlpValue | undefined): Usage | undefined {
  const plain = unwrapped(value)
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return undefined
  const entries = Object.entries(plain)
    .map(([key, inner]): [string, number] => [key, Number(inner)])
    .filter(([key, inner]) => Number.isFinite(inner) && key.length <= 100)
  return entries.length === 0 ? undefined : addUsage({}, Object.fromEntries(entries))
}

/** What a trace is told by its root: what was asked and answered, and the tags that were set on the way. */
export interface RootFacts {
  readonly requestPreview: string | null
  readonly responsePreview: string | null
  readonly tags: ReadonlyMap<string, string>
}

export const rootFactsOf = ({ attributes }: ScannedSpan): RootFacts => ({
  requestPreview: previewOf(first(attributes, names.inputs), 'user'),
  responsePreview: previewOf(first(attributes, names.outputs), 'assistant'),
  tags: new Map(
    [...attributes]
      .filter(([key]) => key.startsWith(tagPrefix))
      .map(([key, value]) => [key.slice(tagPrefix.length), textOf(value, 8000)]),
  ),
})

export const sessionOf = ({ attributes }: ScannedSpan): string =>
  textOf(first(attributes, names.session), 8000)
export const userOf = ({ attributes }: ScannedSpan): string =>
  textOf(first(attributes, names.user), 8000)

const previewLength = 1000

/** The beginning of what went in or out; of a conversation the last words of `role`. */
function previewOf(value: OtlpValue | undefined, role: string): string | null {
  if (value === undefined) return null
  const plain = unwrapped(value)
  const said = lastWords(plain, role)
  const text = keepable(said ?? (typeof plain === 'string' ? plain : JSON.stringify(plain)))
  return text.length > previewLength ? `${text.slice(0, previewLength - 3)}...` : text
}

type Json = { readonly [key: string]: OtlpValue }
const isObject = (value: OtlpValue | undefined): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function lastWords(value: OtlpValue | undefined, role: string): string | undefined {
  const messages = messagesOf(value)
  const last = messages.findLast((message) => message['role'] === role)
  const content = last?.['content']
  return typeof content === 'string' ? content : undefined
}

function messagesOf(value: OtlpValue | undefined): readonly Json[] {
  if (Array.isArray(value)) return (value as readonly OtlpValue[]).filter(isObject)
  if (!isObject(value)) return []
  const choices = value['choices']
  if (Array.isArray(choices))
    return (choices as readonly OtlpValue[])
      .map((choice) => (isObject(choice) ? choice['message'] : undefined))
      .filter(isObject)
  return messagesOf(value['messages'] ?? value['input'] ?? null)
}
