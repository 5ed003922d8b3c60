import type { JsonValue } from '@kaizen/contracts'

export interface RouteChange {
  readonly arms: readonly {
    readonly name: string
    readonly model: string
    readonly weight: number | null
    readonly mode: string
  }[]
  readonly reason: string
}

/** The arms after a route change and why, from its audit event. */
export function routeChange(data: Readonly<Record<string, JsonValue>>): RouteChange {
  const after = asObject(data['after'])
  const list = after['arms'] ?? data['arms'] ?? data['after']
  const arms = Array.isArray(list) ? list.map(asObject) : []
  return {
    reason:
      typeof data['reason'] === 'string' && data['reason'] !== ''
        ? data['reason']
        : 'no reason given',
    arms: arms.map((arm) => ({
      name: String(arm['name'] ?? 'arm'),
      model: String(arm['model'] ?? ''),
      weight: typeof arm['weight'] === 'number' ? arm['weight'] : null,
      mode: arm['mode'] === 'shadow' ? 'shadow' : 'live',
    })),
  }
}

const asObject = (value: JsonValue | undefined): { readonly [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: JsonValue })
    : {}
