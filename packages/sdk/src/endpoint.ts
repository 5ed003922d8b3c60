import type { EndpointDeclaration, EndpointSettingsInput, RouterInput } from '@kaizen/contracts'

export interface EndpointOptions {
  readonly description?: string
  /** The registered model that it serves; one of the endpoint's name unless told. */
  readonly model?: string
  /** The column that ground truth supplies. */
  readonly target?: string
  /** Limits, what is logged and how inputs are held against the signature; left as they stand unless told. */
  readonly settings?: EndpointSettingsInput
  /**
   * How requests find their arm: by weight, A/B test, bandit, or rules by header and cookie. In force as soon as the route
   * has the arms that it names; left as it is unless told.
   */
  readonly router?: RouterInput
}

export interface Endpoint {
  readonly kind: 'endpoint'
  readonly name: string
  readonly declaration: Omit<EndpointDeclaration, 'settings' | 'router'> & {
    readonly settings?: EndpointSettingsInput
    readonly router?: RouterInput
  }
}

/** Declares an endpoint: where predictions are asked for. */
export function endpoint(name: string, options: EndpointOptions = {}): Endpoint {
  const { description = '', model = name, target = null } = options
  const { settings, router } = options
  const declaration = {
    name,
    description,
    model,
    target,
    ...(settings === undefined ? {} : { settings }),
    ...(router === undefined ? {} : { router }),
  }
  return { kind: 'endpoint', name, declaration }
}
