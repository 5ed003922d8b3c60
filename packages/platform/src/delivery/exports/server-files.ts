import { javascriptFiles } from './javascript.ts'
import type { ExportedModel } from './model.ts'
import { onnxruntimeFiles } from './onnxruntime-files.ts'
import type { RowProgram } from './row-program.ts'
import { shipped } from './shipped.ts'
import type { FileMap } from './tar.ts'

/** A server of the model's source on nothing but Node: the JSON form of the Open Inference Protocol, and its health calls. */
export const sourceServerFiles = async (
  program: RowProgram,
  model: ExportedModel,
): Promise<FileMap> => ({
  ...javascriptFiles(program, model.signature),
  'facts.js': facts(model, 'javascript'),
  ...(await shipped({
    'compute.js': 'compute-source.js',
    'protocol.js': 'protocol.js',
    'server.js': 'server.js',
  })),
})

/** The same server of any ONNX model, with the runtime beside it. */
export const onnxServerFiles = async (model: ExportedModel): Promise<FileMap> => ({
  'model.onnx': model.content,
  'package.json': `${JSON.stringify(
    {
      name: 'exported-model',
      private: true,
      type: 'module',
      scripts: { test: 'node verify.js', start: 'node server.js' },
    },
    null,
    2,
  )}\n`,
  'facts.js': facts(model, 'onnx_onnxv1'),
  ...(await onnxruntimeFiles()),
  ...(await shipped({
    'compute.js': 'compute-onnx.js',
    'tensors.js': 'tensors.js',
    'protocol.js': 'protocol.js',
    'server.js': 'server.js',
    'verify.js': 'verify-server.js',
  })),
})

/** From source where that is known, else with the runtime. */
export const serverFiles = (
  program: RowProgram | undefined,
  model: ExportedModel,
): Promise<FileMap> => (program ? sourceServerFiles(program, model) : onnxServerFiles(model))

function facts({ name, version, signature }: ExportedModel, platform: string): string {
  const model = { name, version: String(version ?? 1), platform, ...signature }
  return `/** What the programs of this bundle know of its model. */\nexport const model = ${JSON.stringify(model, null, 2)}\n`
}
