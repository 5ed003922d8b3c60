import { expect, it } from 'vitest'
import { readConfig, type ServerOptions } from './config.ts'

it.each<[ServerOptions, RegExp]>([
  [{ port: 99_999 }, /^--port: /],
  [{ inferenceWorkers: 0 }, /^--workers: /],
  [{ bootstrapToken: 'short' }, /^KAIZEN_ADMIN_TOKEN: /],
  [{ databaseUrl: 'mysql://x' }, /^--database-url: expected postgres:/],
  [{ host: '0.0.0.0' }, /0\.0\.0\.0 without asking anyone for a token/],
  [{ authentication: true }, /needs a first token/],
])('names what is wrong with %j as its user wrote it', (options, message) => {
  expect(() => readConfig(options)).toThrow(
    expect.objectContaining({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    }),
  )
})
