import type { Arm, EndpointSettings, RouterSpec } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { EndpointRecord } from '../model.ts'

interface EndpointTables {
  serving_endpoint: {
    name: string
    project: string | null
    description: string
    model: string
    target: string | null
    settings: string | null
    router_due: string | null
    revision: number
    created_at: number
    updated_at: number
  }
  serving_route: {
    endpoint: string
    revision: number
    arms: string
    router: string | null
    reason: string
    actor: string
    set_at: number
  }
}

/** An arm with the version that its model stood for when the route was set. */
export interface ResolvedArm extends Arm {
  readonly modelName: string
  readonly version: number
  readonly digest: string
}

export interface StoredRoute {
  readonly endpoint: string
  readonly revision: number
  readonly arms: readonly ResolvedArm[]
  /** Absent where arms share by weight. */
  readonly router: RouterSpec | undefined
  readonly reason: string
  readonly actor: string
  readonly setAt: number
}

const toEndpoint = (row: EndpointTables['serving_endpoint']): EndpointRecord => ({
  name: row.name,
  project: row.project,
  description: row.description,
  model: row.model,
  target: row.target,
  routerDue: row.router_due === null ? null : (JSON.parse(row.router_due) as RouterSpec),
  settings: row.settings === null ? {} : (JSON.parse(row.settings) as EndpointSettings),
  revision: row.revision,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export async function findEndpoint(
  reader: Reader,
  name: string,
): Promise<EndpointRecord | undefined> {
  const row = await tables<EndpointTables>(reader)
    .selectFrom('serving_endpoint')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
  return row && toEndpoint(row)
}

/** By name, after a name. */
export async function listEndpoints(
  reader: Reader,
  options: { readonly after: string; readonly limit: number },
): Promise<readonly EndpointRecord[]> {
  const rows = await tables<EndpointTables>(reader)
    .selectFrom('serving_endpoint')
    .selectAll()
    .where('name', '>', options.after)
    .orderBy('name')
    .limit(options.limit)
    .execute()
  return rows.map(toEndpoint)
}

export async function insertEndpoint(tx: Tx, endpoint: EndpointRecord): Promise<void> {
  await tables<EndpointTables>(tx)
    .insertInto('serving_endpoint')
    .values({
      name: endpoint.name,
      project: endpoint.project,
      description: endpoint.description,
      model: endpoint.model,
      target: endpoint.target,
      settings: JSON.stringify(endpoint.settings),
      router_due: endpoint.routerDue && JSON.stringify(endpoint.routerDue),
      revision: endpoint.revision,
      created_at: endpoint.createdAt,
      updated_at: endpoint.updatedAt,
    })
    .execute()
}

export async function updateEndpoint(tx: Tx, endpoint: EndpointRecord): Promise<void> {
  await tables<EndpointTables>(tx)
    .updateTable('serving_endpoint')
    .set({
      project: endpoint.project,
      description: endpoint.description,
      model: endpoint.model,
      target: endpoint.target,
      settings: JSON.stringify(endpoint.settings),
      router_due: endpoint.routerDue && JSON.stringify(endpoint.routerDue),
      revision: endpoint.revision,
      updated_at: endpoint.updatedAt,
    })
    .where('name', '=', endpoint.name)
    .execute()
}

export async function deleteEndpoint(tx: Tx, name: string): Promise<void> {
  await tables<EndpointTables>(tx).deleteFrom('serving_endpoint').where('name', '=', name).execute()
}

export async function insertRoute(tx: Tx, route: StoredRoute): Promise<void> {
  await tables<EndpointTables>(tx)
    .insertInto('serving_route')
    .values({
      endpoint: route.endpoint,
      revision: route.revision,
      arms: JSON.stringify(route.arms),
      router: route.router ? JSON.stringify(route.router) : null,
      reason: route.reason,
      actor: route.actor,
      set_at: route.setAt,
    })
    .execute()
}

/** The newest route of an endpoint; an endpoint made again under an old name goes on counting from it. */
export async function latestRoute(
  reader: Reader,
  endpoint: string,
): Promise<StoredRoute | undefined> {
  const row = await tables<EndpointTables>(reader)
    .selectFrom('serving_route')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst()
  return (
    row && {
      endpoint: row.endpoint,
      revision: row.revision,
      arms: JSON.parse(row.arms) as ResolvedArm[],
      router: row.router === null ? undefined : (JSON.parse(row.router) as RouterSpec),
      reason: row.reason,
      actor: row.actor,
      setAt: row.set_at,
    }
  )
}
