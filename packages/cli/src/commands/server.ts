import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { KaizenError } from '@kaizen/contracts'
import { Command, Option } from 'commander'
import { exampleText } from '../example-text.ts'
import { given } from '../given.ts'
import { positiveNumber, repeatable, wholeNumber } from '../option-values.ts'
import { identityOptions, withIdentityOptions } from './server-identity.ts'
import { kafkaOptions, withKafkaOptions } from './server-kafka.ts'

interface ServerFlags {
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly databaseUrl?: string
  readonly blobs?: string
  readonly onlineStore?: string
  readonly localCopies?: number
  readonly auth: boolean
  readonly allowPrivateChannels: boolean
  readonly remoteModelsToPrivate: boolean
  readonly allowedHost: readonly string[]
  readonly replayFrom?: string
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  readonly workers?: number
  readonly grpcPort?: number
  readonly pythonEnvironments: 'off' | 'installed' | 'create'
  readonly pythonWorkers?: number
  readonly modelRepository?: string
  readonly signingKey?: string
  readonly predictionDurability: 'group' | 'request'
  readonly json: boolean
}

const port = wholeNumber(0, 65_535)
const webRoot = fileURLToPath(new URL('../../../web/dist', import.meta.url))

/** `kaizen server`: runs until SIGTERM or SIGINT, then drains. */
export function serverCommand(): Command {
  const command = new Command('server')
    .description(
      'Run the server: every HTTP surface, the scheduler, the workers and the user interface.',
    )
    .option(
      '--host <address>',
      'address to listen on; other than loopback needs --auth',
      '127.0.0.1',
    )
    .option('--port <number>', 'port; 0 takes a free one', port, 7420)
    .option('--data-dir <folder>', 'folder that holds everything', '.kaizen')
    .option(
      '--database-url <url>',
      'PostgreSQL instead of SQLite: postgres://USER:PASSWORD@HOST:PORT/DATABASE',
    )
    .option(
      '--online-store <url>',
      'Redis for the newest values of features: redis://HOST:PORT/NUMBER; or set KAIZEN_ONLINE_STORE',
    )
    .option(
      '--blobs <place>',
      'bucket for content instead of the data directory: s3://BUCKET/PREFIX, with AWS_* variables',
    )
    .option(
      '--local-copies <gigabytes>',
      'disk for copies of what the bucket holds; the least used go first (20)',
      positiveNumber,
    )
    .option('--auth', 'ask every caller for a token; KAIZEN_ADMIN_TOKEN holds the first one', false)
    .option(
      '--allowed-host <name>',
      'another host name that this server answers to; repeatable',
      repeatable,
      [],
    )
    .option(
      '--replay-from <time>',
      'start with a clock that stands at this time (ISO 8601) and moves only by the API',
    )
    .option(
      '--grpc-port <number>',
      'serve the Open Inference Protocol over gRPC too; 0 takes a free port',
      port,
    )
    .option(
      '--model-repository <folder>',
      'serve the models of a folder under their names: NAME[/VERSION]/model.onnx or MLflow models',
    )
    .option(
      '--signing-key <file>',
      'the private Ed25519 key (PEM) that signs versions; all servers of a database share it',
    )
    .addOption(
      new Option(
        '--prediction-durability <when>',
        'a prediction is on the disk within 5 ms (group), or before its answer leaves (request)',
      )
        .choices(['group', 'request'])
        .default('group'),
    )
    .option('--workers <number>', 'threads that run models', wholeNumber(1))
    .addOption(
      new Option(
        '--python-environments <mode>',
        'Python models run not at all, with what KAIZEN_PYTHON has, or with what pip installs for them',
      )
        .choices(['off', 'installed', 'create'])
        .default('installed'),
    )
    .option('--python-workers <number>', 'processes of each Python model', wholeNumber(1))
    .option(
      '--allow-private-channels',
      'let alert channels reach this machine and private networks',
      false,
    )
    .option(
      '--remote-models-to-private',
      'let arms of endpoints ask servers at private addresses, and by plain http',
      false,
    )
    .option('--log-level <level>', 'silent, error, warn, info or debug', 'warn')
    .option('--json', 'print the ready line as JSON', false)
    .addHelpText(
      'after',
      exampleText(
        'kaizen server',
        'kaizen server --port 0 --data-dir /var/lib/kaizen',
        'kaizen server --grpc-port 8001 --model-repository models/',
        'KAIZEN_ADMIN_TOKEN=… kaizen server --host 0.0.0.0 --auth',
      ),
    )
    .action(async (flags: ServerFlags, command: Command) => {
      const { startServer } = await import('@kaizen/platform')
      const bootstrapToken = process.env['KAIZEN_ADMIN_TOKEN']
      const pythonInterpreter = process.env['KAIZEN_PYTHON']
      const server = await startServer(
        {
          host: flags.host,
          port: flags.port,
          dataDir: flags.dataDir,
          authentication: flags.auth,
          allowedHosts: [...flags.allowedHost],
          logLevel: flags.logLevel,
          allowPrivateChannels: flags.allowPrivateChannels,
          remoteModelsToPrivate: flags.remoteModelsToPrivate,
          webRoot,
          ...identityOptions(command),
          ...kafkaOptions(command),
          predictionDurability: flags.predictionDurability,
          ...given('databaseUrl', flags.databaseUrl),
          ...given('onlineStore', flags.onlineStore ?? process.env['KAIZEN_ONLINE_STORE']),
          ...given('blobs', flags.blobs),
          ...given('localCopiesGb', flags.localCopies),
          ...given('bootstrapToken', bootstrapToken),
          pythonEnvironments: flags.pythonEnvironments,
          ...given('pythonInterpreter', pythonInterpreter),
          ...given('pythonWorkers', flags.pythonWorkers),
          ...given('inferenceWorkers', flags.workers),
          ...given('grpcPort', flags.grpcPort),
          ...given('modelRepository', flags.modelRepository),
          ...given('signingKey', flags.signingKey),
          ...(flags.replayFrom === undefined ? {} : { replayFrom: timeOf(flags.replayFrom) }),
        },
        (line) => process.stderr.write(`${line}\n`),
      )
      const { address, grpcAddress } = server
      // Listened for before the ready line is out: whoever waits for it may ask for the end at once.
      const asked = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ ready: true, address, grpcAddress })}\n`
          : `Kaizen is ready at ${address}${grpcAddress === undefined ? '' : `, gRPC at ${grpcAddress}`}\n`,
      )
      await asked
      await server[Symbol.asyncDispose]()
    })
  return withIdentityOptions(withKafkaOptions(command))
}

function timeOf(text: string): number {
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw new KaizenError('INVALID_CONFIG', `--replay-from: "${text}" is not a time`, {
    hint: 'Write for example 2011-04-01T00:00:00Z.',
  })
}
