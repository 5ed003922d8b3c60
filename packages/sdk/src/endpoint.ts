import type { EndpointDeclaration, EndpointSettingsInput } from '@kaizen/contracts'

export interface EndpointOptions {
  readonly description?: string
  /** The registered model that it serves; one of the endpoint's name unless told. */
  readonly model?: string
  /** The column that ground truth supplies. */
  readonly target?: string
  /** Limits, what is logged and how inputs are held against the signature; left as they stand unless told. */
  readonly settings?: EndpointSettingsInput
}

export interface Endpoint {
  readonly kind: 'endpoint'
  readonly name: string
  readonly declaration: Omit<EndpointDeclaration, 'settings'> & {
    readonly settings?: EndpointSettingsInput
  }
}

/** Declares an endpoint: where predictions are asked for. */
export function endpoint(name: string, options: EndpointOptions = {}): Endpoint {
  const { description = '', model = name, target = null } = options
  const settings = options.settings === undefined ? {} : { settings: options.settings }
  return { kind: 'endpoint', name, declaration: { name, description, model, target, ...settings } }
}
