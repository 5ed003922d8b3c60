import { KaizenError } from '@kaizen/contracts'

/** A model of another server of the Open Inference Protocol. */
export interface RemoteModelUri {
  /** Up to and including the model, and its version where one is named. */
  readonly url: URL
  readonly model: string
  readonly version: string | undefined
}

const invalid = (text: string, problem: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `"${text.slice(0, 200)}": ${problem}`, {
    hint: 'Write https://HOST[:PORT]/v2/models/NAME or …/NAME/versions/VERSION, or the same with grpcs.',
  })

/** Whether an arm names a model of another server. */
export const isRemote = (uri: string): boolean => /^(https?|grpcs?):\/\//i.test(uri)

/** Whether it is asked over gRPC. */
export const isGrpc = (uri: string): boolean => /^grpcs?:\/\//i.test(uri)

/** @throws INVALID_REQUEST for what is no address of a model, or may not be asked */
export function parseRemoteUri(text: string, allowPrivate: boolean): RemoteModelUri {
  // With schemes that parsers of URLs know, hosts are read in one way only.
  const url = URL.parse(text.replace(/^grpc(?=s?:)/i, 'http'))
  if (!url) throw invalid(text, 'it is no URL')
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `"${text.slice(0, 200)}": only https and grpcs are asked`,
      {
        hint: 'The operator can allow http, grpc and private addresses with --remote-models-to-private.',
      },
    )
  }
  if (url.username !== '' || url.password !== '') throw invalid(text, 'it may not hold a password')
  if (url.search !== '' || url.hash !== '') throw invalid(text, 'it ends with the model')
  const match = /^.*\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?$/.exec(url.pathname)
  if (!match) throw invalid(text, 'its path names no model')
  try {
    const [, model = '', version] = match
    return {
      url,
      model: decodeURIComponent(model),
      version: version === undefined ? undefined : decodeURIComponent(version),
    }
  } catch {
    throw invalid(text, 'its path is not well-formed')
  }
}
