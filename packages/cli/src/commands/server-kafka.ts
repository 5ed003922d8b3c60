import { type Command, Option } from 'commander'
import { given } from '../given.ts'

interface KafkaFlags {
  readonly kafkaBrokers?: string
  readonly kafkaTls: boolean
  readonly kafkaCa?: string
  readonly kafkaCertificate?: string
  readonly kafkaKey?: string
  readonly kafkaSasl?: 'plain' | 'scram-sha-256' | 'scram-sha-512'
}

/** Adds what concerns the Kafka cluster of streams to the options of the server. */
export const withKafkaOptions = (command: Command): Command =>
  command
    .option(
      '--kafka-brokers <addresses>',
      'HOST:PORT of a Kafka cluster, several by commas, whose topics streams may use',
    )
    .option('--kafka-tls', 'reach the cluster by TLS', false)
    .option('--kafka-ca <file>', 'authority that its certificates are from (PEM); implies TLS')
    .option('--kafka-certificate <file>', 'certificate of this server for the cluster (PEM)')
    .option('--kafka-key <file>', 'private key of that certificate (PEM)')
    .addOption(
      new Option(
        '--kafka-sasl <mechanism>',
        'log in with KAIZEN_KAFKA_USERNAME and KAIZEN_KAFKA_PASSWORD',
      ).choices(['plain', 'scram-sha-256', 'scram-sha-512']),
    )

/** These options as the server takes them. */
export function kafkaOptions(command: Command) {
  const flags = command.opts<KafkaFlags>()
  const { kafkaCa: ca, kafkaCertificate: certificate, kafkaKey: key } = flags
  const files = { ...given('ca', ca), ...given('certificate', certificate), ...given('key', key) }
  const hasTls = flags.kafkaTls || Object.keys(files).length > 0
  if (flags.kafkaBrokers === undefined && !hasTls && flags.kafkaSasl === undefined) return {}
  return {
    kafka: {
      brokers: flags.kafkaBrokers?.split(',') ?? [],
      ...(hasTls && { tls: files }),
      ...(flags.kafkaSasl && {
        sasl: {
          mechanism: flags.kafkaSasl,
          // What is not set is told by the server's own check of its configuration.
          username: process.env['KAIZEN_KAFKA_USERNAME'] as string,
          password: process.env['KAIZEN_KAFKA_PASSWORD'] as string,
        },
      }),
    },
  }
}
