import { type EndpointSettings, KaizenError } from '@kaizen/contracts'
import { type Actor, localAdministrator } from '../../kernel/index.ts'

const ranks = { viewer: 0, editor: 1, admin: 2 } as const

/**
 * Whether a caller may ask an endpoint: what the endpoint demands of its callers, and what a token is scoped to.
 * @throws UNAUTHENTICATED, FORBIDDEN
 */
export function checkAccess(
  endpoint: string,
  access: EndpointSettings['access'],
  actor: Actor | undefined,
): void {
  if (actor?.endpoint !== undefined && actor.endpoint !== endpoint) {
    throw new KaizenError(
      'FORBIDDEN',
      `${actor.name} may ask the endpoint "${actor.endpoint}" only`,
      {
        hint: `Use a token of this endpoint: kaizen tokens create NAME --endpoint ${endpoint}`,
      },
    )
  }
  if (!access) return
  if (!actor || actor.name === localAdministrator.name) {
    throw new KaizenError('UNAUTHENTICATED', `the endpoint "${endpoint}" asks who calls`, {
      hint: `Send "Authorization: Bearer TOKEN"; kaizen tokens create NAME --endpoint ${endpoint} makes one.`,
    })
  }
  if (access.callers === 'scoped' && actor.endpoint !== endpoint) {
    throw new KaizenError('FORBIDDEN', `the endpoint "${endpoint}" takes tokens made for it only`, {
      hint: `Make one: kaizen tokens create NAME --endpoint ${endpoint}`,
    })
  }
  if (access.role !== undefined && ranks[actor.role] < ranks[access.role]) {
    throw new KaizenError(
      'FORBIDDEN',
      `the endpoint "${endpoint}" asks for the role ${access.role}, not ${actor.role}`,
      { hint: 'Use a token or user with a higher role.' },
    )
  }
}
