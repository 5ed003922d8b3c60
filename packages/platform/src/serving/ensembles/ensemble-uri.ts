import { KaizenError, objectName } from '@kaizen/contracts'

/** An ensemble, and the version where one is named. */
export interface EnsembleUri {
  readonly name: string
  readonly version: number | undefined
}

const scheme = 'ensembles:/'

/** Whether an arm names an ensemble. */
export const isEnsemble = (uri: string): boolean => uri.startsWith(scheme)

/** What a version of an ensemble is called, for arms and as the digest of what is loaded: it never changes. */
export const ensembleUri = (name: string, version: number): string => `${scheme}${name}/${version}`

/** @throws INVALID_REQUEST */
export function parseEnsembleUri(text: string): EnsembleUri {
  const [name = '', version, ...rest] = text.slice(scheme.length).split('/')
  const isVersion = version === undefined || /^[1-9]\d{0,8}$/.test(version)
  if (objectName.safeParse(name).success && isVersion && rest.length === 0)
    return { name, version: version === undefined ? undefined : Number(version) }
  throw new KaizenError('INVALID_REQUEST', `"${text.slice(0, 200)}" names no ensemble`, {
    hint: 'Write ensembles:/NAME for the newest version, or ensembles:/NAME/VERSION.',
  })
}
