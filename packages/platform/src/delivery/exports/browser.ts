import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { rootOf } from './onnxruntime-files.ts'
import { shipped } from './shipped.ts'
import type { FileMap } from './tar.ts'

const runtime = ['ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm'] as const

/** A page that checks the model and answers what is typed in, with its runtime: nothing is loaded from elsewhere. */
export async function browserFiles(content: Uint8Array): Promise<FileMap> {
  const root = rootOf(
    createRequire(import.meta.url).resolve('onnxruntime-web/wasm'),
    'onnxruntime-web',
  )
  const own = async (name: string) => [name, await readFile(join(root, 'dist', name))] as const
  return {
    'model.onnx': content,
    ...Object.fromEntries(await Promise.all(runtime.map(own))),
    ...(await shipped({
      'index.html': 'browser/index.html',
      'style.css': 'browser/style.css',
      'app.js': 'browser/app.js',
      'compute.js': 'browser/compute.js',
      'tensors.js': 'tensors.js',
      'serve.js': 'browser/serve.js',
    })),
    'package.json': `${JSON.stringify({ name: 'exported-model', private: true, type: 'module', scripts: { start: 'node serve.js' } }, null, 2)}\n`,
  }
}
