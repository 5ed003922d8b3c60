/** One request that both servers get. `<name>` in a text stands for what an earlier answer bound to the name. */
export interface Step {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, unknown>> | undefined
  readonly body?: unknown
  /** The body as it is, when it is no JSON. */
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Names for parts of the answer: name to the way there, such as `run.info.run_id`. */
  readonly bind?: Readonly<Record<string, string>>
  /** Lists of the answer whose order the protocol leaves open, by the name of their field. */
  readonly unordered?: readonly string[]
  /** Whether something in it was made wrong. */
  readonly spoilt?: boolean
}

type Extra = Pick<Step, 'bind' | 'headers' | 'unordered'>

export const v2 = '/api/2.0/mlflow'
export const v3 = '/api/3.0/mlflow'
export const proxy = '/api/2.0/mlflow-artifacts'

export const post = (path: string, body: unknown, extra: Extra = {}): Step => ({
  method: 'POST',
  path: at(path),
  body,
  ...extra,
})

export const sent = (method: string, path: string, body: unknown, extra: Extra = {}): Step => ({
  method,
  path: at(path),
  body,
  ...extra,
})

export const got = (path: string, query: Step['query'] = {}, extra: Extra = {}): Step => ({
  method: 'GET',
  path: at(path),
  query,
  ...extra,
})

const at = (path: string): string => (path.startsWith('/') ? path : `${v2}/${path}`)

/** The step with its names replaced, as one server gets it. */
export function resolved<T>(value: T, names: ReadonlyMap<string, string>): T {
  if (typeof value === 'string') {
    return value.replaceAll(/<(\w+)>/g, (all, name: string) => names.get(name) ?? all) as T
  }
  if (Array.isArray(value)) return value.map((item) => resolved(item, names)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolved(item, names)]),
  ) as T
}
