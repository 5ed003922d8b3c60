import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
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
  create(topic: string, partitions: number): Promise<void>
  produce(topic: string, records: readonly { key?: string; value: string }[]): Promise<void>
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A real broker of one node on a free port. */
export async function startKafka(): Promise<TestKafka> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-kafka-'))
  const [port, control] = [await freePort(), await freePort()]
  const address = `127.0.0.1:${port}`
  const properties = join(folder, 'server.properties')
  await writeFile(
    properties,
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${control}
listeners=PLAINTEXT://${address},CONTROLLER://127.0.0.1:${control}
advertised.listeners=PLAINTEXT://${address}
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
  const id = randomBytes(16).toString('base64url')
  const options = { cwd: folder, stdio: 'ignore' } as const
  execFileSync(
    'java',
    [...classes, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties],
    options,
  )
  const flags = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m']
  const broker = spawn('java', [...flags, ...classes, 'kafka.Kafka', properties], options)
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [address], retries: 0 })
  const producer = new Producer({
    clientId: 'test',
    bootstrapBrokers: [address],
    serializers: stringSerializers,
  })
  await ready(admin, broker)
  return {
    address,
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
