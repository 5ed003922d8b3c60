import { KaizenError } from '@kaizen/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkRootOfFiles, problemOfLocation, schemeOf } from './locations.ts'

describe('places that clients name', () => {
  it.each([
    's3://bucket/folder',
    's3://bucket/a folder/ä',
    'gs://bucket/model@2',
    'mlflow-artifacts:/team/models',
    'dbfs:/models',
    'wasbs://container@account.blob.core.windows.net/x',
    '/mnt/share/files',
    'file:///mnt/share/files',
    's3://bucket/100%',
    's3://bucket/a;b',
    's3://bucket/a..b/...',
  ])('%s may be followed', (location) => {
    expect(problemOfLocation(location)).toBeUndefined()
  })

  it.each([
    ['http://169.254.169.254/latest/meta-data', /names a host/],
    ['https://host/model', /names a host/],
    ['HTTPS://host/model', /names a host/],
    ['ftp:///etc/passwd', /names a host/],
    ['sftp://user@host/x', /names a host/],
    ['hdfs://namenode:8020/x', /names a host/],
    ['viewfs://cluster/x', /names a host/],
    ['abfss://files@account.evil.example/x', /names a host/],
    ['r2://bucket@evil.example/x', /names a host/],
    ['b2://bucket@evil.example/x', /names a host/],
    ['mlflow-artifacts://evil.example:80/0', /another server/],
    ['MLFLOW-ARTIFACTS://evil.example/0', /another server/],
    ['data:text/html,x', /names no place/],
    ['s3://bucket/../other', /"\.\."/],
    ['s3://bucket/%2e%2e/other', /"\.\."/],
    ['s3://bucket/%252E%252e%252fother', /"\.\."/],
    ['s3://bucket/..%2fother', /"\.\."/],
    ['s3://bucket/%2e.%5cother', /"\.\."/],
    ['s3://bucket/%ff%2e%2e/other', undefined],
    ['s3://bucket/%ff/%2e%2e/other', /"\.\."/],
    ['s3://bucket/%2525252525252525252e/x', /too often/],
    ['s3://bucket/x\0', /control/],
    ['s3://bucket/x%00', /control/],
    ['s3://bucket/x\n', /control/],
    [' https://host/model', /blanks/],
    ['s3://bucket/a\\b', /backslash/],
    ['s3://bucket/x#y', /fragment/],
    ['s3://bucket/x?versionId=1', /query/],
    ['/mnt/x;y', /parameter/],
    ['s3://bucket/'.padEnd(3000, 'x'), /2048/],
  ])('%j may not, unless nothing is said', (location, problem) => {
    if (problem) expect(problemOfLocation(location)).toMatch(problem)
    else expect(problemOfLocation(location)).toBeUndefined()
  })

  it('no number of encodings hides a climb', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.string(), (rounds, name) => {
        let climb = '../'
        for (let round = 0; round < rounds; round++) {
          climb = [...climb]
            .map((c) => (round === 0 ? `%${hex(c)}` : c.replace('%', '%25')))
            .join('')
        }
        expect(
          problemOfLocation(`s3://bucket/${encodeURIComponent(name.toWellFormed())}/${climb}x`),
        ).toBeDefined()
      }),
    )
  })

  it('a single letter is a drive, not a scheme', () => {
    expect(schemeOf('C:/files')).toEqual({ scheme: '', rest: 'C:/files' })
    expect(schemeOf('S3://b')).toEqual({ scheme: 's3', rest: '//b' })
  })

  it('the root of files is no run', () => {
    expect(() => checkRootOfFiles('runs:/a/b', 'artifact_location')).toThrow(KaizenError)
    expect(() => checkRootOfFiles('https://host', 'default_artifact_root')).toThrow(
      /default_artifact_root/,
    )
    expect(() => checkRootOfFiles('s3://bucket', 'artifact_location')).not.toThrow()
  })
})

const hex = (character: string): string => (character.codePointAt(0) ?? 0).toString(16)
