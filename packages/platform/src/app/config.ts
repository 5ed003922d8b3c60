import { KaizenError } from '@kaizen/contracts'
import { z } from 'zod'
import { isLoopback } from '../identity/index.ts'
import { environmentModes } from '../runtime/index.ts'
import { durabilities, saslMechanisms } from '../serving/index.ts'

const mebibyte = 1024 * 1024

/** Everything that can be set about a server; the command line and the environment are read into this, once, at the start. */
export const serverConfig = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  port: z.number().int().min(0).max(65_535).default(7420).describe('Port; 0 takes a free one.'),
  dataDir: z
    .string()
    .min(1)
    .default('.kaizen')
    .describe('Folder that holds everything; one server at a time.'),
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE')
    .optional()
    .describe('PostgreSQL instead of the SQLite file in the data directory.'),
  onlineStore: z
    .string()
    .regex(/^rediss?:\/\//, 'expected redis://USER:PASSWORD@HOST:PORT/NUMBER')
    .optional()
    .describe('Redis as the online store of features instead of the database.'),
  blobs: z
    .string()
    .regex(/^s3:\/\//, 'expected s3://BUCKET or s3://BUCKET/PREFIX')
    .optional()
    .describe('A bucket for content instead of the data directory; AWS_* variables say how.'),
  localCopiesGb: z
    .number()
    .positive()
    .default(20)
    .describe('Disk for local copies of what the bucket holds, in GiB; the least used go first.'),
  authentication: z.boolean().default(false).describe('Ask every caller for a token.'),
  bootstrapToken: z
    .string()
    .min(16)
    .optional()
    .describe('A first administrator token, from KAIZEN_ADMIN_TOKEN.'),
  webhooksToPrivate: z
    .boolean()
    .default(false)
    .describe('Let webhooks and sinks send to addresses that are not public, and by plain http.'),
  remoteModelsToPrivate: z
    .boolean()
    .default(false)
    .describe(
      'Let arms of endpoints ask servers at addresses that are not public, and by plain http.',
    ),
  secretKey: z
    .string()
    .min(32)
    .optional()
    .describe(
      'Seals secrets in the database, from KAIZEN_SECRET_KEY; a file of the data directory unless told.',
    ),
  defaultPermission: z
    .enum(['NONE', 'READ', 'USE', 'EDIT', 'MANAGE'])
    .default('READ')
    .describe('What users may do with experiments and models that nobody granted them.'),
  requestsPerSecond: z
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .describe('Requests a second that each caller may make; no limit unless told.'),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where browsers reach this server; https marks its cookies as secure.'),
  oidc: z
    .strictObject({
      issuer: z.url({ protocol: /^https?$/ }),
      clientId: z.string().min(1),
      clientSecret: z.string().min(1).optional(),
      groupsClaim: z.string().min(1).default('groups'),
      /** `ROLE=GROUP`, as often as there are groups. */
      roles: z
        .array(z.string().regex(/^(admin|editor|viewer)=.+$/, 'expected ROLE=GROUP'))
        .default([]),
      defaultRole: z.enum(['viewer', 'editor']).optional(),
    })
    .optional()
    .describe('Login of the user interface by OpenID Connect.'),
  allowedHosts: z
    .array(z.string())
    .default([])
    .describe('More host names that this server answers to.'),
  replayFrom: z
    .number()
    .int()
    .optional()
    .describe('Start with a clock that stands at this time and moves only by the API.'),
  scheduler: z
    .boolean()
    .default(true)
    .describe('Let time pass: close windows, fire triggers, take the steps of rollouts.'),
  webRoot: z.string().optional().describe('Folder with the built user interface.'),
  logLevel: z
    .enum(['silent', 'error', 'warn', 'info', 'debug'])
    .default('warn')
    .describe('Least severe log line to print.'),
  bodyLimitBytes: z
    .number()
    .int()
    .positive()
    .default(64 * mebibyte)
    .describe('Largest JSON body.'),
  uploadLimitBytes: z
    .number()
    .int()
    .positive()
    .default(16 * 1024 * mebibyte)
    .describe('Largest uploaded file.'),
  grpcPort: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe(
      'Port of the Open Inference Protocol over gRPC; 0 takes a free one, none without it.',
    ),
  kafka: z
    .strictObject({
      brokers: z.array(z.string().regex(/^[^\s:/]+:\d{1,5}$/, 'expected HOST:PORT')).min(1),
      tls: z
        .strictObject({
          ca: z.string().min(1).optional(),
          certificate: z.string().min(1).optional(),
          key: z.string().min(1).optional(),
        })
        .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
          error: '--kafka-certificate and --kafka-key go together',
        })
        .optional(),
      sasl: z
        .strictObject({
          mechanism: z.enum(saslMechanisms),
          username: z.string({ error: 'KAIZEN_KAFKA_USERNAME is not set' }).min(1),
          password: z.string({ error: 'KAIZEN_KAFKA_PASSWORD is not set' }).min(1),
        })
        .optional(),
    })
    .optional()
    .describe('Kafka cluster whose topics streams may read and write, and how it is reached.'),
  modelRepository: z
    .string()
    .min(1)
    .optional()
    .describe('Folder with a folder for each model that is served without being registered.'),
  signingKey: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File with the private Ed25519 key that signs versions; one of the data directory unless told.',
    ),
  predictionDurability: z
    .enum(durabilities)
    .default('group')
    .describe(
      'When a prediction counts as logged: on the disk within 5 ms (group), or before its answer (request).',
    ),
  inferenceWorkers: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Worker threads that run models.'),
  pythonEnvironments: z
    .enum(environmentModes)
    .default('installed')
    .describe('Whether Python models run: off, with what is installed, or with what pip installs.'),
  pythonInterpreter: z
    .string()
    .min(1)
    .default('python3')
    .describe('The Python that models run on, from KAIZEN_PYTHON.'),
  pythonWorkers: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Processes of each Python model.'),
  allowPrivateChannels: z
    .boolean()
    .default(false)
    .describe('Let alert channels reach addresses of this machine and of private networks.'),
  openlineage: z
    .strictObject({
      url: z.url({ protocol: /^https?$/, error: 'expected an http or https address' }),
      apiKey: z.string().min(1).optional(),
      namespace: z.string().min(1).max(250).default('kaizen'),
    })
    .optional()
    .describe('Where events of OpenLineage go, and the namespace of jobs and datasets in them.'),
  jobConcurrency: z.number().int().min(1).max(64).default(2).describe('Jobs that run at once.'),
  memoryLimitMb: z
    .number()
    .int()
    .min(64)
    .default(1024)
    .describe('Memory of the analytics engine, in MiB.'),
})
export type ServerConfig = z.output<typeof serverConfig>
export type ServerOptions = z.input<typeof serverConfig>

/** How the caller of the program wrote a setting: as an option, or in the environment. */
const otherNames: Readonly<Record<string, string>> = {
  bootstrapToken: 'KAIZEN_ADMIN_TOKEN',
  inferenceWorkers: '--workers',
  allowedHosts: '--allowed-host',
  secretKey: 'KAIZEN_SECRET_KEY',
  openlineage: 'OPENLINEAGE_URL',
  kafka: '--kafka-brokers and its options',
  oidc: '--oidc-issuer and its options',
}
const optionName = (setting: string): string =>
  otherNames[setting] ?? `--${setting.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** Reads options into a configuration. @throws INVALID_CONFIG */
export function readConfig(options: ServerOptions): ServerConfig {
  const parsed = serverConfig.safeParse(options)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new KaizenError(
      'INVALID_CONFIG',
      `${optionName(String(issue?.path[0] ?? 'options'))}: ${issue?.message ?? 'invalid'}`,
      {
        hint: '`kaizen server --help` lists the options.',
      },
    )
  }
  const config = parsed.data
  checkOidc(config)
  checkKafka(config)
  if (!isLoopback(config.host) && !config.authentication) {
    throw new KaizenError(
      'INVALID_CONFIG',
      `the server would listen on ${config.host} without asking anyone for a token`,
      {
        hint: 'Add --auth and set KAIZEN_ADMIN_TOKEN to a first token of at least 16 characters, or listen on 127.0.0.1.',
      },
    )
  }
  if (config.authentication && config.bootstrapToken === undefined) {
    throw new KaizenError(
      'INVALID_CONFIG',
      'with --auth the server needs a first token to make others with',
      {
        hint: 'Set KAIZEN_ADMIN_TOKEN to a random text of at least 16 characters, for example from `openssl rand -hex 32`.',
      },
    )
  }
  return config
}

/** A provider is of no use without authentication, nor without an address to send browsers back to. */
function checkOidc({ oidc, authentication, publicUrl }: ServerConfig): void {
  if (!oidc) return
  if (!authentication) {
    throw new KaizenError('INVALID_CONFIG', '--oidc-issuer: this server asks nobody to log in', {
      hint: 'Add --auth.',
    })
  }
  if (publicUrl === undefined) {
    throw new KaizenError(
      'INVALID_CONFIG',
      '--oidc-issuer: the address that browsers are sent back to is not known',
      { hint: 'Add --public-url, for example https://ml.example.org.' },
    )
  }
}

/** PLAIN sends the password as it is, so it goes through TLS unless it stays on this machine. */
function checkKafka({ kafka }: ServerConfig): void {
  if (kafka?.sasl?.mechanism !== 'plain' || kafka.tls) return
  const far = kafka.brokers.find((broker) => !isLoopback(broker.slice(0, broker.lastIndexOf(':'))))
  if (far === undefined) return
  throw new KaizenError(
    'INVALID_CONFIG',
    `--kafka-sasl: plain would send the password to ${far} for everyone on the way to read`,
    { hint: 'Add --kafka-tls, or take scram-sha-512.' },
  )
}
