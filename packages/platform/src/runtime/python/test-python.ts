import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { Tensor, Tensors } from '../model.ts'
import { packFolder } from '../model-folder.ts'
import { PythonRuntime, type PythonRuntimeOptions } from './python-runtime.ts'

/** The Python of the tests. */
export const interpreter = process.env['KAIZEN_PYTHON'] ?? 'python3'

export interface TestPython extends AsyncDisposable {
  readonly runtime: PythonRuntime
  readonly folder: string
  readonly lines: string[]
  /** Packs files as a model; answers the path of the packed folder. */
  pack(files: Readonly<Record<string, string | Uint8Array>>): Promise<string>
  /** Packs a folder of the disk. */
  packFolder(folder: string): Promise<string>
}

/** A Python runtime over files of a folder of its own. */
export async function testPython(options: Partial<PythonRuntimeOptions> = {}): Promise<TestPython> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-python-'))
  const lines: string[] = []
  const runtime = new PythonRuntime({
    mode: 'installed',
    interpreter,
    environment: { PATH: process.env['PATH'] ?? '', HOME: folder },
    folder: join(folder, 'python'),
    fileOf: async (digest) => join(folder, digest),
    log: (line) => lines.push(line),
    ...options,
  })
  const pack = async (files: Readonly<Record<string, string | Uint8Array>>): Promise<string> => {
    const packed = await Promise.all(
      Object.entries(files).map(async ([path, content]) => {
        const digest = createHash('sha256').update(content).digest('hex')
        await writeFile(join(folder, digest), content)
        return { path, digest }
      }),
    )
    const place = join(folder, 'packed')
    await writeFile(place, packFolder(packed))
    return place
  }
  return {
    runtime,
    folder,
    lines,
    pack,
    async packFolder(root) {
      const files: Record<string, Uint8Array> = {}
      for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name)
        if (entry.isFile()) files[relative(root, path)] = await readFile(path)
      }
      return pack(files)
    },
    async [Symbol.asyncDispose]() {
      await runtime[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A model of plain Python: `predict(data)` is the body given; it takes [N] or [N, 2] numbers. */
export function plainModel(
  body: string,
  { shape = [-1], output = [-1], requirements = '' } = {},
): Readonly<Record<string, string>> {
  const spec = (dims: readonly number[]): string =>
    JSON.stringify([{ type: 'tensor', 'tensor-spec': { dtype: 'float64', shape: dims } }])
  const source = body
    .trimEnd()
    .split('\n')
    .map((line) => `        ${line}`)
    .join('\n')
  return {
    MLmodel: `flavors:
  python_function:
    loader_module: plain_model
    code: code
    data: data.txt
signature:
  inputs: '${spec(shape)}'
  outputs: '${spec(output)}'
`,
    'data.txt': 'kept',
    'requirements.txt': requirements,
    'code/plain_model.py': `import os, sys, time
class Model:
    def __init__(self, path):
        self.path = path
    def predict(self, data):
${source}
def _load_pyfunc(path):
    return Model(path)
`,
  }
}

export const numbers = (...values: readonly number[]): Tensors => ({
  inputs: { datatype: 'FP64', shape: [values.length], data: new Float64Array(values) },
})

export const listOf = (tensor: Tensor | undefined): readonly unknown[] => [
  ...((tensor?.data ?? []) as Iterable<unknown>),
]
