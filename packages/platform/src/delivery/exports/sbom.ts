import { sha256 } from '../../kernel/index.ts'
import type { ExportedModel } from './model.ts'
import type { NodeRuntime } from './node-runtime.ts'
import type { InstalledPackage } from './onnxruntime-files.ts'

export interface SbomParts {
  readonly model: ExportedModel
  readonly runtime: NodeRuntime
  readonly packages: readonly InstalledPackage[]
}

type Component = Readonly<Record<string, unknown>> & { readonly 'bom-ref': string }

/** A bill of materials of an image in CycloneDX 1.6: the model, Node with what it is made of, and each library. */
export function sbomOf({ model, runtime, packages }: SbomParts): string {
  const image: Component = {
    'bom-ref': 'image',
    type: 'container',
    name: model.name,
    version: String(model.version ?? 1),
  }
  const own = [modelComponent(model), nodeComponent(runtime), ...packages.map(packageComponent)]
  const libraries = Array.from(runtime.libraries, (library) => libraryComponent(library, runtime))
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: image },
    components: [...own, ...libraries],
    dependencies: [
      { ref: 'image', dependsOn: own.map((component) => component['bom-ref']) },
      { ref: 'node', dependsOn: libraries.map((component) => component['bom-ref']) },
    ],
  }
  const { bomFormat, specVersion, ...content } = bom
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(content))}`
  return `${JSON.stringify({ bomFormat, specVersion, serialNumber, ...content }, null, 1)}\n`
}

const hashes = (content: Uint8Array) => [{ alg: 'SHA-256', content: sha256(content) }]

const modelComponent = ({ name, version, content, signature }: ExportedModel): Component => {
  const tensors = (specs: ExportedModel['signature']['inputs']) =>
    specs.map((spec) => ({ format: `${spec.name}: ${spec.datatype} [${spec.shape.join(', ')}]` }))
  return {
    'bom-ref': 'model',
    type: 'machine-learning-model',
    name,
    version: String(version ?? 1),
    hashes: hashes(content),
    modelCard: {
      modelParameters: { inputs: tensors(signature.inputs), outputs: tensors(signature.outputs) },
    },
  }
}

const nodeComponent = ({ version, program, parts }: NodeRuntime): Component => ({
  'bom-ref': 'node',
  type: 'application',
  name: 'node',
  version,
  purl: `pkg:generic/node@${version}`,
  cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
  hashes: hashes(program),
  licenses: [{ license: { id: 'MIT' } }],
  components: Object.entries(parts)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, part]) => ({
      'bom-ref': `node/${name}`,
      type: 'library',
      name,
      version: part,
    })),
})

const packageComponent = ({ name, version, licence }: InstalledPackage): Component => ({
  'bom-ref': `npm/${name}`,
  type: 'library',
  name,
  version,
  purl: `pkg:npm/${encodeURIComponent(name)}@${version}`,
  licenses: [{ license: { id: licence } }],
})

const glibcLibrary = /^(?:ld-linux|libc|libm|libdl|libpthread|librt|libresolv)[.-]/

function libraryComponent(
  [path, content]: readonly [string, Uint8Array],
  { glibc }: NodeRuntime,
): Component {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const ofGlibc = glibc !== undefined && glibcLibrary.test(name)
  return {
    'bom-ref': path,
    type: 'library',
    name,
    ...(ofGlibc ? { version: glibc, group: 'glibc' } : {}),
    hashes: hashes(content),
    properties: [{ name: 'kaizen:path', value: path }],
  }
}

/** A UUID of version 8 (RFC 9562) out of a text, so that equal bills have equal numbers. */
function uuidOf(text: string): string {
  const hex = sha256(text)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
