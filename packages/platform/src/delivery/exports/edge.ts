import { KaizenError } from '@kaizen/contracts'
import type { ExportedModel } from './model.ts'
import { shipped } from './shipped.ts'
import type { FileMap } from './tar.ts'

/**
 * An agent that follows an alias of this registry and serves what it points at. It holds no model: the first comes when it
 * first reaches the server, signed like every later one.
 * @throws UNSUPPORTED for a file, which no alias points at
 */
export async function edgeFiles({ name, follow }: ExportedModel): Promise<FileMap> {
  if (!follow) {
    throw new KaizenError(
      'UNSUPPORTED',
      'an agent at the edge follows an alias, and a file has none',
      {
        hint: 'Register the model, sign the version, and export models:/NAME@ALIAS.',
      },
    )
  }
  const known = { model: name, alias: follow.alias, publicKey: follow.publicKey }
  return {
    'edge.json': `${JSON.stringify(known, null, 2)}\n`,
    'package.json': `${JSON.stringify({ name: 'kaizen-edge-agent', private: true, type: 'module', scripts: { start: 'node agent.js' } }, null, 2)}\n`,
    ...(await shipped({
      'agent.js': 'edge/agent.js',
      'bundle.js': 'edge/bundle.js',
      'log.js': 'edge/log.js',
      'versions.js': 'edge/versions.js',
    })),
  }
}
