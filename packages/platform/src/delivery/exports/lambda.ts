import type { BundleParts } from './model.ts'
import { serverFiles } from './server-files.ts'
import { serviceName } from './service-name.ts'
import { shipped } from './shipped.ts'
import type { FileMap } from './tar.ts'
import { zipOf } from './zip.ts'

export const lambdaRuntime = 'nodejs24.x'
export const lambdaHandler = 'handler.handler'
export const lambdaArchitecture = (): string => (process.arch === 'arm64' ? 'arm64' : 'x86_64')

/** A function of AWS Lambda: its files, the archive of them that is uploaded, and what its creation is asked with. */
export async function lambdaFiles(parts: BundleParts): Promise<FileMap> {
  const { model, program, golden } = parts
  const { 'server.js': _, ...server } = await serverFiles(program, model)
  const content: FileMap = {
    ...server,
    ...parts.always,
    ...(await shipped({ 'handler.js': 'handler.js', 'lambda-runtime.js': 'lambda-runtime.js' })),
  }
  const name = serviceName(model.name)
  const create = {
    FunctionName: name,
    Runtime: lambdaRuntime,
    Handler: lambdaHandler,
    Architectures: [lambdaArchitecture()],
    MemorySize: 512,
    Timeout: 30,
    PackageType: 'Zip',
    Tags: { 'kaizen-model': name, 'kaizen-version': String(model.version ?? 'file') },
  }
  const event = {
    version: '2.0',
    rawPath: `/v2/models/${encodeURIComponent(model.name)}/infer`,
    requestContext: { http: { method: 'POST' }, stage: '$default' },
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: golden.inputs }),
    isBase64Encoded: false,
  }
  return {
    'function.zip': zipOf(content),
    ...Object.fromEntries(Object.entries(content).map(([path, one]) => [`function/${path}`, one])),
    'create-function.json': `${JSON.stringify(create, null, 2)}\n`,
    'event.json': `${JSON.stringify(event, null, 1)}\n`,
  }
}
