import { expect, it } from 'vitest'
import { readConfig, type ServerOptions } from './config.ts'

it.each<[ServerOptions, RegExp]>([
  [{ port: 99_999 }, /^--port: /],
  [{ inferenceWorkers: 0 }, /^--workers: /],
  [{ bootstrapToken: 'short' }, /^KAIZEN_ADMIN_TOKEN: /],
  [{ databaseUrl: 'mysql://x' }, /^--database-url: expected postgres:/],
  [{ host: '0.0.0.0' }, /0\.0\.0\.0 without asking anyone for a token/],
  [{ authentication: true }, /needs a first token/],
  [{ kafka: { brokers: ['broker'] } }, /^--kafka-brokers and its options: expected HOST:PORT/],
  [
    { kafka: { brokers: ['b:1'], tls: { key: 'a.key' } } },
    /--kafka-certificate and --kafka-key go together/,
  ],
  [
    { kafka: { brokers: ['b:1'], sasl: { mechanism: 'scram-sha-256', username: 'u' } as never } },
    /KAIZEN_KAFKA_PASSWORD is not set/,
  ],
  [
    {
      kafka: {
        brokers: ['127.0.0.1:1', 'b:1'],
        sasl: { mechanism: 'plain', username: 'u', password: 'p' },
      },
    },
    /plain would send the password to b:1/,
  ],
])('names what is wrong with %j as its user wrote it', (options, message) => {
  expect(() => readConfig(options)).toThrow(
    expect.objectContaining({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    }),
  )
})
