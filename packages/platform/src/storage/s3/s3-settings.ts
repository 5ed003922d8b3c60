import { KaizenError } from '@kaizen/contracts/errors'

/** Where objects are kept and with which credentials. */
export interface S3Settings {
  readonly bucket: string
  /** Before every key: empty, or ending with a slash. */
  readonly prefix: string
  readonly region: string
  /** Address of a store other than Amazon's, without a slash at its end. */
  readonly endpoint?: string | undefined
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

const invalid = (message: string, hint: string): KaizenError =>
  new KaizenError('INVALID_CONFIG', message, { hint })

/** Reads `s3://bucket/prefix` and the environment variables that every S3 client knows. @throws INVALID_CONFIG */
export function s3SettingsOf(
  location: string,
  env: Readonly<Record<string, string | undefined>>,
): S3Settings {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(location)
  if (!match) {
    throw invalid(
      `--blobs: "${location}" names no place in an object store`,
      'Write s3://BUCKET or s3://BUCKET/PREFIX.',
    )
  }
  const [, bucket = '', path = ''] = match
  const parts = path.split('/').filter((part) => part !== '')
  if (parts.some((part) => part === '..' || part === '.' || !/^[\w.=+@ -]+$/.test(part))) {
    throw invalid(
      `--blobs: the prefix "${path}" cannot be used`,
      'Use letters, digits, and _ . = + @ - between slashes.',
    )
  }
  const accessKeyId = env['AWS_ACCESS_KEY_ID']
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY']
  if (!accessKeyId || !secretAccessKey) {
    throw invalid(
      '--blobs: no credentials for the object store',
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN for temporary ones.',
    )
  }
  return {
    bucket,
    prefix: parts.length === 0 ? '' : `${parts.join('/')}/`,
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || 'us-east-1',
    endpoint: endpointOf(env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || undefined),
    accessKeyId,
    secretAccessKey,
    sessionToken: env['AWS_SESSION_TOKEN'] || undefined,
  }
}

function endpointOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.search !== '' || url.username !== '') {
    throw invalid(
      'AWS_ENDPOINT_URL is not the address of an object store',
      'Write for example http://minio.internal:9000.',
    )
  }
  return text.replace(/\/+$/, '')
}
