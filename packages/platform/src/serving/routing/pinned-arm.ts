import { KaizenError } from '@kaizen/contracts'
import type { ArmMode } from '../model.ts'

/** As much of an arm as says which model it serves. */
export interface NumberedArm {
  readonly name: string
  readonly mode: ArmMode
  readonly version: number
  readonly resolved: { readonly modelName: string; readonly digest: string }
}

/**
 * The arm that a version number stands for: a live one before shadows. Arms of different models may have the same number,
 * and none of them is taken for the other. @throws CONFLICT
 */
export function pinnedArm<Arm extends NumberedArm>(
  endpoint: string,
  arms: readonly Arm[],
  version: number,
): Arm | undefined {
  const named = arms.filter((arm) => arm.version === version)
  const live = named.filter(({ mode }) => mode === 'live')
  const [first, ...others] = live.length > 0 ? live : named
  if (!first || others.every(({ resolved }) => resolved.digest === first.resolved.digest)) {
    return first
  }
  const models = [first, ...others].map(({ name, resolved }) => `${resolved.modelName} (${name})`)
  throw new KaizenError(
    'CONFLICT',
    `version ${version} of the endpoint "${endpoint}" is several models: ${models.join(', ')}`,
    { hint: 'Name no version, or serve the model on an endpoint of its own.' },
  )
}
