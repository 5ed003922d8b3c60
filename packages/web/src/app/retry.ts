import { isKaizenError } from '@kaizen/contracts'

/** A refused or failed request would fail again; only a server that is away is asked once more. */
export const retryOnlyUnavailable = (failures: number, error: unknown): boolean =>
  failures < 1 && isKaizenError(error) && error.kind === 'unavailable'
