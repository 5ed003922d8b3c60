import { accessRuleOf, KaizenError, type Reference } from '@kaizen/contracts'
import type { Authorize, Route } from '../http/index.ts'
import { defaultWorkspace, workspaceOf } from '../kernel/index.ts'
import { type FindResources, valuesWithin } from './authorizer.ts'
import type { Workspaces } from './workspaces.service.ts'

export interface ScopeDeps {
  readonly find: FindResources
  readonly workspaces: Pick<Workspaces, 'get' | 'hasOthers'>
}

type Call = Parameters<Authorize>[0]
type Fields = Record<string, unknown> | undefined

/** Models of another workspace than the default one are kept under `WORKSPACE/NAME`; no client's name holds a slash. */
const qualified = (workspace: string, name: string): string =>
  workspace === defaultWorkspace ? name : `${workspace}/${name}`

const ofMlflow =
  /^\/(ajax-)?api\/[23]\.0\/?(preview\/)?mlflow|^\/v1\/traces$|^\/(model-versions\/)?get-artifact$/

/**
 * Reads the names of a call to the MLflow protocol in the call's workspace, and lets it name nothing of another: what
 * is elsewhere is not there.
 */
export function createScope({ find, workspaces }: ScopeDeps): Authorize {
  const known = new WeakMap<Route['endpoint'], Names>()
  return async (call, endpoint) => {
    const names = known.get(endpoint) ?? namesOf(endpoint)
    known.set(endpoint, names)
    if (!names.scoped) return
    const workspace = workspaceOf(call.actor)
    const { references } = names
    qualifyNames(call, names, workspace)
    if (workspace === defaultWorkspace && !(await workspaces.hasOthers())) return
    requireExperiment(call, references, workspace)
    for (const reference of references) await requireHere({ find, call, workspace }, reference)
  }
}

/** Fields in which a route names a model that is about to be, besides the references of its rule. */
const newNames: readonly (readonly [RegExp, string])[] = [
  [/\/registered-models\/create$/, 'name'],
  [/\/registered-models\/rename$/, 'new_name'],
]

/** What a route's requests name; told once, because every call asks for it. */
interface Names {
  /** Whether workspaces mean anything to its protocol. */
  readonly scoped: boolean
  readonly references: readonly Reference[]
  /** Fields of the body with the name of a model that is about to be. */
  readonly models: readonly string[]
  /** Whether it names what a permission is about. */
  readonly permission: boolean
}

function namesOf(endpoint: Route['endpoint']): Names {
  const rule = accessRuleOf(endpoint)
  return {
    scoped: ofMlflow.test(endpoint.path),
    references: rule.kind === 'resources' ? rule.references : [],
    models: newNames.flatMap(([path, field]) => (path.test(endpoint.path) ? [field] : [])),
    permission: /\/(users|roles)\//.test(endpoint.path),
  }
}

function qualifyNames(call: Call, names: Names, workspace: string): void {
  for (const { place, field, kind } of names.references) {
    const fields = fieldsOf(call, place)
    if (!fields) continue
    const value = fields[field]
    if (typeof value !== 'string') continue
    if (kind === 'registered_model') fields[field] = qualified(workspace, localName(value))
    if (kind === 'model_source') fields[field] = qualifiedSource(workspace, value)
  }
  const body = call.body as Fields
  for (const field of names.models) {
    const value = body?.[field]
    if (body && typeof value === 'string' && value !== '') {
      body[field] = qualified(workspace, localName(value))
    }
  }
  if (names.permission) qualifyResource(call, workspace)
}

/** The resource that a permission is about. */
function qualifyResource(call: Call, workspace: string): void {
  for (const fields of [call.body as Fields, call.query as Fields]) {
    const isModel = ['registered_model', 'prompt'].includes(String(fields?.['resource_type']))
    for (const field of ['resource_id', 'resource_pattern']) {
      const value = fields?.[field]
      if (fields && isModel && typeof value === 'string' && value !== '*' && value !== '') {
        fields[field] = qualified(workspace, localName(value))
      }
    }
  }
}

/** A client's name of a model. @throws INVALID_REQUEST for a slash, which would reach into another workspace. */
function localName(name: string): string {
  if (!name.includes('/')) return name
  throw new KaizenError(
    'INVALID_REQUEST',
    `Invalid model name '${name.slice(0, 300)}'. Names cannot contain '/', ':' or control characters.`,
  )
}

/** `models:/NAME/VERSION` of this workspace; other URIs stay as they are. */
function qualifiedSource(workspace: string, source: string): string {
  if (workspace === defaultWorkspace) {
    if (/^models:\/{1,3}[^/@]+\/[^/]+\//.test(source)) localName('/')
    return source
  }
  const [, name] = /^models:\/{1,3}(?!m-[0-9a-f]{32}$)(.+)$/.exec(source) ?? []
  return name === undefined ? source : `models:/${workspace}/${name}`
}

/** The experiment that a call means when it names none is of the default workspace. */
function requireExperiment(call: Call, references: readonly Reference[], workspace: string): void {
  if (workspace === defaultWorkspace) return
  const needed = references.find(
    ({ field, place }) => field === 'experiment_id' && place === 'body',
  )
  if (!needed || (call.body as Fields)?.['experiment_id']) return
  const other = references.some(
    ({ field, place }) => field !== 'experiment_id' && fieldsOf(call, place)?.[field],
  )
  if (other) return
  throw new KaizenError(
    'INVALID_REQUEST',
    "Missing value for required parameter 'experiment_id'.",
    {
      hint: `The workspace '${workspace}' has no default experiment.`,
    },
  )
}

async function requireHere(
  { find, call, workspace }: Pick<ScopeDeps, 'find'> & { call: Call; workspace: string },
  reference: Reference,
): Promise<void> {
  const given = valuesWithin(fieldsOf(call, reference.place)?.[reference.field], reference.within)
  const values = (Array.isArray(given) ? given : [given]).filter(
    (value): value is string => typeof value === 'string' && value !== '',
  )
  for (const value of values) {
    const found = await find(reference.kind, value, workspace)
    if (found === 'absent') continue
    const elsewhere =
      found === 'unknown'
        ? reference.kind === 'artifact'
        : found.some((resource) => resource.workspace !== workspace)
    if (elsewhere) {
      throw new KaizenError(
        'NOT_FOUND',
        `${reference.kind.replaceAll('_', ' ')} ${JSON.stringify(value.slice(0, 300))} not found in workspace '${workspace}'`,
      )
    }
  }
}

const fieldsOf = (call: Call, place: Reference['place']): Fields =>
  place === 'headers' ? (call.request.headers as Fields) : (call[place] as Fields)
