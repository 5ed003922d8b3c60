import { resolved, type Step } from './step.ts'

export interface SideAnswer {
  readonly status: number
  /** Ids and times replaced by what they stand for. */
  readonly body: unknown
}

const answerWithinMs = 60_000

/** One of the two servers, with what its answers called the things that the corpus names. */
export class Side {
  readonly url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #names = new Map<string, string>()
  readonly #expected = new Set<string>()

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.url = url
    this.#headers = headers
  }

  async send(step: Step): Promise<SideAnswer> {
    const { method, path, query, body, raw, headers, bind } = resolved(step, this.#names)
    const answer = await this.#fetch(`${this.url}${path}${queryText(query)}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...this.#headers,
        ...headers,
      },
      ...(raw === undefined ? {} : { body: raw }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(answerWithinMs),
    })
    const text = await answer.text()
    const parsed = parse(text)
    for (const [name, way] of Object.entries(bind ?? {})) {
      this.#expected.add(name)
      const found = partOf(parsed, way.split('.'))
      if (typeof found === 'string' || typeof found === 'number') {
        this.#names.set(name, String(found))
      }
    }
    return { status: answer.status, body: this.#normal(parsed, '') }
  }

  /** Asks once more where the other side closed a connection that was kept open. */
  async #fetch(url: string, init: RequestInit, again = true): Promise<Response> {
    return fetch(url, init).catch((failure: unknown) => {
      if (!again || !(failure instanceof TypeError)) throw failure
      return this.#fetch(url, init, false)
    })
  }

  /** Whether an earlier answer should have told what the step names, and did not. */
  misses(step: Step): boolean {
    const text = JSON.stringify([step.path, step.query, step.body])
    return [...text.matchAll(/<(\w+\d*)>/g)].some(
      ([, name = '']) => this.#expected.has(name) && !this.#names.has(name),
    )
  }

  #experiment(id: string): string {
    for (const [name, known] of this.#names) if (known === id) return `<${name}>`
    return id
  }

  #normal(value: unknown, field: string): unknown {
    if (typeof value === 'string') return this.#normalText(value, field)
    if (typeof value === 'number') {
      if (field === 'experiment_id') return this.#experiment(String(value))
      return countedIds.has(field) ? '<id>' : isNow(value) ? '<time>' : value
    }
    if (Array.isArray(value)) return value.map((item) => this.#normal(item, field))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        this.#normalText(key, ''),
        this.#normal(item, key),
      ]),
    )
  }

  #normalText(text: string, field: string): string {
    if (field === 'next_page_token') return text === '' ? '' : '<token>'
    if (field === 'experiment_id' || field === 'experiment_ids') return this.#experiment(text)
    // JSON within JSON: tags, profiles and records of evaluation data sets.
    if (/^[[{]"?/.test(text)) {
      const inner = parse(text)
      if (typeof inner === 'object') return JSON.stringify(sorted(this.#normal(inner, '')))
    }
    let shown = text
    for (const [name, id] of this.#names) {
      if (id.length > 8) shown = shown.replaceAll(id, `<${name}>`)
    }
    return shown
      .replaceAll(
        /mlflow-artifacts:\/(\d+)/g,
        (_, id: string) => `mlflow-artifacts:/${this.#experiment(id)}`,
      )
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<hex>')
      .replaceAll(/\bwh_[0-9a-z]{26}\b/g, '<hex>')
      .replaceAll(/[0-9a-f]{32}/g, '<hex>')
      .replaceAll(/\b20[2-9]\d-\d\d-\d\dT[\d:.]+(Z|\+00:00)/g, '<instant>')
      .replaceAll(/\b1[6-9]\d{11}\b/g, '<time>')
  }
}

/** Numbers that each server counts up by itself: of users, roles and permissions. */
const countedIds = new Set(['id', 'user_id', 'role_id'])

/** Times of the corpus lie long before it was written. */
const isNow = (value: number): boolean => value > 1.6e12 && value < 2.2e12

const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

export function partOf(value: unknown, way: readonly string[]): unknown {
  const [next, ...rest] = way
  if (next === undefined) return value
  if (typeof value !== 'object' || value === null) return undefined
  return partOf((value as Readonly<Record<string, unknown>>)[next], rest)
}

/** JSON, in which Python also writes bare NaN and infinities; anything else stays text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    try {
      return JSON.parse(text.replaceAll(/([:[,]\s*)(NaN|-?Infinity)(?=\s*[,}\]])/g, '$1"$2"'))
    } catch {
      return text
    }
  }
}

function queryText(query: Step['query']): string {
  const entries = Object.entries(query ?? {}).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((item) => item !== undefined)
      .map((item): [string, string] => [key, String(item)]),
  )
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries)}`
}
