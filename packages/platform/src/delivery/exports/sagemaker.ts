import { gzipSync } from 'node:zlib'
import type { BundleParts } from './model.ts'
import { imageFiles } from './oci.ts'
import { serverFiles } from './server-files.ts'
import { serviceName } from './service-name.ts'
import { shipped } from './shipped.ts'
import { type FileMap, tarOf } from './tar.ts'

/** An image that keeps the contract of Amazon SageMaker, the model's archive, and what a model is created with. */
export async function sagemakerFiles(parts: BundleParts): Promise<FileMap> {
  const { 'server.js': _, ...server } = await serverFiles(parts.program, parts.model)
  const archive = gzipSync(tarOf({ ...server, ...parts.always }), { level: 1 })
  const programs = await shipped({ 'sagemaker.js': 'sagemaker.js', 'csv.js': 'csv.js' })
  const files = { ...programs, 'package.json': '{ "type": "module" }\n' }
  const image = await imageFiles(parts, {
    files,
    entrypoint: ['/model/sagemaker.js'],
    command: ['serve'],
    // Which ports an image may be told to listen on.
    labels: { 'com.amazonaws.sagemaker.capabilities.accept-bind-to-port': 'true' },
    runsAsRoot: true,
    health: undefined,
  })
  const name = serviceName(parts.model.name)
  const create = {
    ModelName: name,
    PrimaryContainer: {
      Image: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/${name}:${parts.model.version ?? 'file'}`,
      ModelDataUrl: `s3://BUCKET/${name}/model.tar.gz`,
    },
    ExecutionRoleArn: 'arn:aws:iam::ACCOUNT:role/ROLE',
    EnableNetworkIsolation: true,
  }
  return {
    ...image,
    'model.tar.gz': archive,
    'create-model.json': `${JSON.stringify(create, null, 2)}\n`,
  }
}
