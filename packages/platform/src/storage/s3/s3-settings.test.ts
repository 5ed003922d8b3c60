import { expect, it } from 'vitest'
import { s3SettingsOf } from './s3-settings.ts'

const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }

it('reads a place, and the environment that every client knows', () => {
  expect(s3SettingsOf('s3://models/team/a/', env)).toMatchObject({
    bucket: 'models',
    prefix: 'team/a/',
    region: 'us-east-1',
    endpoint: undefined,
  })
  const more = { ...env, AWS_REGION: 'eu-west-3', AWS_ENDPOINT_URL: 'http://127.0.0.1:9000/' }
  expect(s3SettingsOf('s3://models', more)).toMatchObject({
    prefix: '',
    region: 'eu-west-3',
    endpoint: 'http://127.0.0.1:9000',
  })
  expect(
    s3SettingsOf('s3://models', { ...more, AWS_ENDPOINT_URL_S3: 'https://s3.example' }).endpoint,
  ).toBe('https://s3.example')
})

it.each([
  ['gs://models', env, 'names no place'],
  ['s3://', env, 'names no place'],
  ['s3://models/../other', env, 'prefix'],
  ['s3://models', {}, 'no credentials'],
  ['s3://models', { ...env, AWS_ENDPOINT_URL: 'ftp://x' }, 'AWS_ENDPOINT_URL'],
  ['s3://models', { ...env, AWS_ENDPOINT_URL: 'http://user:pw@x' }, 'AWS_ENDPOINT_URL'],
])('refuses %s with what is wrong', (location, environment, told) => {
  expect(() => s3SettingsOf(location, environment)).toThrow(told)
})
