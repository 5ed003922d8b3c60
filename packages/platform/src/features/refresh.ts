import { durationMs, type FeatureView } from '@kaizen/contracts'

/**
 * Whether a view is to be brought into the online store: its `refresh` has passed since the last time, and its dataset has
 * a version that has not been brought in.
 */
export function isDue(
  { definition, online }: Pick<FeatureView, 'definition' | 'online'>,
  latestVersion: number | null,
  now: number,
): boolean {
  if (definition.refresh === null || latestVersion === null) return false
  const { materializedTo, datasetVersion } = online
  if (materializedTo === null) return true
  return datasetVersion !== latestVersion && now - materializedTo >= durationMs(definition.refresh)
}
