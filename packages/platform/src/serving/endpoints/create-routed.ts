import type { EndpointDeclaration, EndpointView, Route } from '@kaizen/contracts'
import type { Actor } from '../../kernel/index.ts'

/** What makes, routes and removes endpoints. */
interface Endpoints {
  create(actor: Actor, declaration: EndpointDeclaration): Promise<EndpointView>
  setRoute(actor: Actor, name: string, route: Route, reason: string): Promise<EndpointView>
  remove(actor: Actor, name: string): Promise<void>
}

interface FirstRoute extends Route {
  readonly reason: string
}

/**
 * Creates an endpoint with its first route. When no arm of the route can answer, there is no endpoint afterwards
 * either. @throws ALREADY_EXISTS, and what setting a route throws
 */
export async function createRouted(
  endpoints: Endpoints,
  actor: Actor,
  { route, ...declaration }: EndpointDeclaration & { readonly route: FirstRoute },
): Promise<EndpointView> {
  await endpoints.create(actor, declaration)
  const { reason, ...arms } = route
  try {
    return await endpoints.setRoute(actor, declaration.name, arms, reason)
  } catch (failure) {
    await endpoints.remove(actor, declaration.name)
    throw failure
  }
}
