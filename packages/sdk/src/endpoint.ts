import type { EndpointDeclaration } from '@kaizen/contracts'

export interface EndpointOptions {
  readonly description?: string
  /** The registered model that it serves; one of the endpoint's name unless told. */
  readonly model?: string
  /** The column that ground truth supplies. */
  readonly target?: string
}

export interface Endpoint {
  readonly kind: 'endpoint'
  readonly name: string
  readonly declaration: EndpointDeclaration
}

/** Declares an endpoint: where predictions are asked for. */
export function endpoint(name: string, options: EndpointOptions = {}): Endpoint {
  const { description = '', model = name, target = null } = options
  return { kind: 'endpoint', name, declaration: { name, description, model, target } }
}
