import { MlError } from '../ml-error.ts'

/**
 * Holds that a stored profile of a column is of the version that this program reads.
 * @throws MlError when it is of another one.
 */
export const checkProfileVersion = ({
  kind,
  version,
}: {
  readonly kind: string
  readonly version: number
}): void => {
  if (version === 1) return
  throw new MlError(
    'invalid_input',
    `the ${kind} profile is of version ${String(version)}, this program reads version 1`,
    'profile the data again with this version, or update Kaizen',
  )
}
