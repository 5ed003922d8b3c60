import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Admin, Producer, stringSerializers } from '@platformatic/kafka'

/** The broker's own jars, as `.ci/run` lays them out. */
const jars =
  process.env['KAIZEN_KAFKA_JARS'] ??
  fileURLToPath(new URL('../../../../../.tools/kafka', import.meta.url))

export function kafkaAvailable(): boolean {
  if (existsSync(join(jars, 'libs'))) return true
  if (process.env['KAIZEN_REQUIRE_SERVICES'] === '1') throw new Error(`no Kafka lies in ${jars}`)
  return false
}

export interface TestKafka extends AsyncDisposable {
  readonly address: string
  /** Where callers show a certificate and log in; its files are in `folder`. */
  readonly securedAddress: string
  readonly files: Readonly<Record<'ca' | 'certificate' | 'key', string>>
  create(topic: string, partitions: number): Promise<void>
  produce(topic: string, records: readonly { key?: string; value: string }[]): Promise<void>
}

/** A line of the settings of Java's logins. */
const jaas = (module: string, options: string): string =>
  `org.apache.kafka.common.security.${module} required ${options};`

const freeAddress = async (): Promise<string> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `127.0.0.1:${port}`
}

export const login = { username: 'stream', password: 'a-secret-of-streams' } as const

/** A certificate of 127.0.0.1, which is its own authority, and its key; both in `NAME.pem` too, as brokers read them. */
async function makeCertificate(folder: string, name: string) {
  const [certificate, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-out', certificate, '-keyout', key]
  execFileSync('openssl', ['req', ...kind, '-days', '2', ...subject, ...files], { stdio: 'ignore' })
  const texts = await Promise.all([readFile(key, 'utf8'), readFile(certificate, 'utf8')])
  await writeFile(join(folder, `${name}.pem`), texts.join(''))
  return { certificate, key }
}

/** A real broker of one node on free ports: one open to all, one that asks for a certificate and a login. */
export async function startKafka(): Promise<TestKafka> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-kafka-'))
  const [address, control, securedAddress] = [
    await freeAddress(),
    await freeAddress(),
    await freeAddress(),
  ]
  const { certificate: ca } = await makeCertificate(folder, 'broker')
  const files = { ca, ...(await makeCertificate(folder, 'client')) }
  const properties = join(folder, 'server.properties')
  await writeFile(
    properties,
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${control}
listeners=PLAINTEXT://${address},SASL_SSL://${securedAddress},CONTROLLER://${control}
advertised.listeners=PLAINTEXT://${address},SASL_SSL://${securedAddress}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config=${jaas('plain.PlainLoginModule', `user_${login.username}="${login.password}"`)}
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=${jaas('scram.ScramLoginModule', '')}
listener.name.sasl_ssl.ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location=${join(folder, 'broker.pem')}
ssl.truststore.type=PEM
ssl.truststore.location=${files.certificate}
controller.listener.names=CONTROLLER
log.dirs=${join(folder, 'logs')}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
`,
  )
  const classes = ['-cp', join(jars, 'libs', '*')]
  const scram = ['--add-scram', `SCRAM-SHA-512=[name=${login.username},password=${login.password}]`]
  const id = randomBytes(16).toString('base64url')
  const options = { cwd: folder, stdio: 'ignore' } as const
  execFileSync(
    'java',
    [...classes, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties, ...scram],
    options,
  )
  const flags = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m']
  const broker = spawn('java', [...flags, ...classes, 'kafka.Kafka', properties], options)
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [address], retries: 0 })
  const producer = new Producer({
    clientId: 'test',
    bootstrapBrokers: [address],
    // On a busy machine a produce is tried again; without this, what was written is written twice.
    idempotent: true,
    serializers: stringSerializers,
  })
  await ready(admin, broker)
  return {
    address,
    securedAddress,
    files,
    async create(topic, partitions) {
      await admin.createTopics({ topics: [topic], partitions, replicas: 1 })
    },
    async produce(topic, records) {
      await producer.send({ messages: records.map((record) => ({ topic, ...record })), acks: -1 })
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([admin.close(), producer.close(true)]).catch(() => undefined)
      broker.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function ready(admin: Admin, broker: ChildProcess): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (broker.exitCode !== null) break
    const known = await admin.listTopics().catch(() => undefined)
    if (known) return
    await pause(200)
  }
  broker.kill('SIGKILL')
  throw new Error('Kafka does not answer')
}
