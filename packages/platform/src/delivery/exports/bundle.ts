import { type ExportTarget, KaizenError, type ModelSignature } from '@kaizen/contracts'
import { sha256 } from '../../kernel/index.ts'
import { compileGraph } from './compile-graph.ts'
import type { BundleParts, ExportedModel } from './model.ts'
import type { RowProgram } from './row-program.ts'
import type { FileMap } from './tar.ts'
import { targetPlans } from './targets.ts'

/**
 * What the model computes on one row, where that is known.
 * @throws UNSUPPORTED for a target that needs to know it
 */
export function programOf(
  target: ExportTarget,
  { content, signature }: Pick<ExportedModel, 'content' | 'signature'>,
): RowProgram | undefined {
  try {
    return compileGraph(content, signature)
  } catch (failure) {
    if (targetPlans[target].needsSource || !(failure instanceof KaizenError)) throw failure
    return undefined
  }
}

/** All files of a bundle. The same model gives the same bytes. */
export async function bundleOf(known: Omit<BundleParts, 'always'>): Promise<FileMap> {
  const { model, target, golden } = known
  const always: FileMap = {
    'golden.json': `${JSON.stringify(golden, null, 1)}\n`,
    'MODEL.md': modelCard(model),
  }
  const files: FileMap = {
    ...(await targetPlans[target].files({ ...known, always })),
    ...always,
  }
  const manifest = {
    format: 1,
    target,
    model: {
      name: model.name,
      version: model.version,
      sha256: sha256(model.content),
      sizeBytes: model.content.length,
    },
    signature: model.signature,
    files: Object.keys(files)
      .sort()
      .map((path) => ({
        path,
        sizeBytes: Buffer.byteLength(files[path]!),
        sha256: sha256(files[path]!),
      })),
  }
  const complete: FileMap = { ...files, 'manifest.json': `${JSON.stringify(manifest, null, 2)}\n` }
  return { ...complete, SHA256SUMS: checksums(complete) }
}

/** In the form that `sha256sum --check` reads. */
const checksums = (files: FileMap): string =>
  Object.keys(files)
    .sort()
    .map((path) => `${sha256(files[path]!)}  ${path}\n`)
    .join('')

function modelCard({ name, version, description, content, signature }: ExportedModel): string {
  const table = (specs: ModelSignature['inputs']): readonly string[] => [
    '| name | datatype | shape |',
    '|---|---|---|',
    ...specs.map(
      (spec) => `| ${cell(spec.name)} | ${spec.datatype} | [${spec.shape.join(', ')}] |`,
    ),
  ]
  return [
    `# ${cell(name)}${version === null ? '' : `, version ${version}`}`,
    '',
    ...(description === '' ? [] : [description.trim(), '']),
    `SHA-256 of the model: \`${sha256(content)}\``,
    '',
    '## Inputs',
    '',
    ...table(signature.inputs),
    '',
    '## Outputs',
    '',
    ...table(signature.outputs),
    '',
  ].join('\n')
}

/** A name in a table of Markdown. */
const cell = (text: string): string =>
  text.replaceAll(/[|\\`*_<>[\]#]/g, '\\$&').replaceAll(/\s+/g, ' ')
