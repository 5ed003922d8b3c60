import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { KaizenError } from '@kaizen/contracts'
import type { KafkaCluster, TopicPort } from './model.ts'

export const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

/** A Kafka cluster as the server is told of it: certificates and keys by their files, in PEM. */
export interface KafkaSettings {
  readonly brokers: readonly string[]
  /** Without `ca`, the authorities that Node trusts; `certificate` and `key` say who this server is. */
  readonly tls?:
    | {
        readonly ca?: string | undefined
        readonly certificate?: string | undefined
        readonly key?: string | undefined
      }
    | undefined
  readonly sasl?:
    | {
        readonly mechanism: (typeof saslMechanisms)[number]
        readonly username: string
        readonly password: string
      }
    | undefined
}

/** Topics of a Kafka cluster; its client is loaded by the first stream that needs it. */
export const openKafka = async (cluster: KafkaCluster): Promise<TopicPort> => {
  const { KafkaTopics } = await import('./kafka-topics.ts')
  return new KafkaTopics(cluster)
}

/** Reads what the settings name, so that a wrong file is told at the start. @throws INVALID_CONFIG */
export async function readKafkaCluster({
  brokers,
  tls,
  sasl,
}: KafkaSettings): Promise<KafkaCluster> {
  return {
    brokers,
    ...(tls && { tls: await readTls(tls) }),
    ...(sasl && { sasl: { ...sasl, mechanism: mechanismNames[sasl.mechanism] } }),
  }
}

const mechanismNames = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const

async function readTls(tls: NonNullable<KafkaSettings['tls']>): Promise<KafkaCluster['tls']> {
  const [ca, cert, key] = await Promise.all([
    readPem('--kafka-ca', tls.ca),
    readPem('--kafka-certificate', tls.certificate),
    readPem('--kafka-key', tls.key),
  ])
  if (ca !== undefined) check('--kafka-ca', () => new X509Certificate(ca))
  if (cert !== undefined) check('--kafka-certificate', () => new X509Certificate(cert))
  if (key !== undefined) check('--kafka-key', () => createSecureContext({ cert, key }))
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}

async function readPem(option: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  return await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new KaizenError('INVALID_CONFIG', `${option}: ${file} cannot be read (${cause.code})`, {
      cause,
    })
  })
}

/** Neither the text of the file nor what the parser quotes from it is told. */
function check(option: string, parse: () => unknown): void {
  try {
    parse()
  } catch (cause) {
    const expected =
      option === '--kafka-key'
        ? 'the private key of --kafka-certificate, in PEM and without a passphrase'
        : 'a certificate in PEM'
    throw new KaizenError('INVALID_CONFIG', `${option}: expected ${expected}`, { cause })
  }
}
