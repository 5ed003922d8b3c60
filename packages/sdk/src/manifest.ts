import { realpath } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Manifest, ManifestInput, PipelineDeclaration, StepBody } from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts/errors'
import { listProjectFiles, type ProjectFile } from './bundle.ts'
import { CodeDigests } from './code-digest.ts'
import type { NodeBody, NodeDraft } from './graph.ts'
import { outputRefs, type Pipeline } from './pipeline.ts'
import type { Project } from './project.ts'
import { isStep } from './step.ts'

export interface ProjectBundle {
  readonly manifest: Manifest
  /** The bundle's files with the paths to read them from. */
  readonly files: readonly (ProjectFile & { readonly fullPath: string })[]
}

/**
 * A project as canonical JSON, with the files that it needs. The same folder gives the same manifest.
 * @param options.folder the folder of `kaizen.ts`
 * @throws INVALID_MANIFEST, naming the object and field
 */
export async function toManifest(
  project: Project,
  options: { readonly folder: string },
): Promise<ProjectBundle> {
  const folder = await realpath(resolve(options.folder))
  const files = await listProjectFiles(folder)
  const code = new StepCode(folder, files)
  const pipelines: PipelineDeclaration[] = []
  for (const pipeline of project.pipelines) pipelines.push(await declarePipeline(pipeline, code))
  for (const { declaration } of project.datasets) {
    const path = declaration.source?.path
    if (path === undefined || files.some((file) => file.path === path)) continue
    throw new KaizenError(
      'INVALID_MANIFEST',
      `dataset "${declaration.name}": the project has no file ${path}`,
      { hint: 'Give its path relative to the folder of kaizen.ts, and check .kaizenignore.' },
    )
  }
  const manifest = await validated({
    kaizen: 1,
    project: project.name,
    description: project.description,
    datasets: project.datasets.map(({ declaration }) => declaration),
    pipelines,
    endpoints: project.endpoints.map(({ declaration }) => declaration),
    monitors: project.monitors.map(({ declaration }) => declaration),
    policies: project.policies.map(({ declaration }) => declaration),
    bundle: [...files],
  })
  return {
    manifest,
    files: files.map((file) => ({ ...file, fullPath: resolve(folder, file.path) })),
  }
}

/** The schemas are loaded here and not with the SDK, which every step imports. */
async function validated(input: ManifestInput): Promise<Manifest> {
  const { manifest } = await import('@kaizen/contracts')
  const parsed = manifest.safeParse(input)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.slice(0, 10).map((issue) => ({
    path: nameOf(input, issue.path),
    message: issue.message,
  }))
  throw new KaizenError(
    'INVALID_MANIFEST',
    issues.map(({ path, message }) => `${path}: ${message}`).join('; '),
    { details: { issues } },
  )
}

/** `pipelines.0.nodes.2.timeout` with names for the numbers. */
function nameOf(input: unknown, path: readonly PropertyKey[]): string {
  let at: unknown = input
  return path
    .map((key) => {
      at = (at as Record<PropertyKey, unknown> | undefined)?.[key]
      const named = at as { readonly name?: unknown; readonly id?: unknown } | null | undefined
      const name = typeof key === 'number' ? (named?.name ?? named?.id) : undefined
      return name === undefined ? String(key) : `"${String(name)}"`
    })
    .join('.')
}

async function declarePipeline(pipeline: Pipeline, code: StepCode): Promise<PipelineDeclaration> {
  const nodes: PipelineDeclaration['nodes'] = []
  for (const node of pipeline.nodes) nodes.push(await declareNode(node, code))
  return {
    name: pipeline.name,
    description: pipeline.description,
    params: { ...pipeline.params } as PipelineDeclaration['params'],
    nodes,
    outputs: outputRefs(pipeline),
  }
}

async function declareNode(
  node: NodeDraft,
  code: StepCode,
): Promise<PipelineDeclaration['nodes'][number]> {
  const { body, codeDigest } = await code.of(node.step, node.body)
  return {
    id: node.id,
    step: node.step,
    body,
    inputs: { ...node.inputs },
    outputs: { ...node.outputs },
    after: [...node.after],
    cache: node.cache,
    codeDigest,
    retry: node.retry,
    timeout: node.timeout,
  }
}

/** Finds where the code of each step stands in the project. */
class StepCode {
  readonly #folder: string
  readonly #digests: CodeDigests

  constructor(folder: string, files: readonly ProjectFile[]) {
    this.#folder = folder
    this.#digests = new CodeDigests(folder, files)
  }

  async of(step: string, body: NodeBody): Promise<{ body: StepBody; codeDigest: string }> {
    switch (body.kind) {
      case 'typescript': {
        const module = await this.#moduleOf(step, body.module)
        const name = await exportNameOf(step, body)
        return {
          body: { kind: 'typescript', module, export: name },
          codeDigest: await this.#digests.ofModule(module, name),
        }
      }
      case 'command':
        return {
          body: { kind: 'command', argv: [...body.argv] },
          codeDigest: this.#digests.ofCommand(body.argv, body.code),
        }
      case 'builtin':
        return {
          body: { kind: 'builtin', name: body.name },
          codeDigest: this.#digests.ofCommand([`builtin:${body.name}`], {
            python: false,
            files: [],
          }),
        }
    }
  }

  async #moduleOf(step: string, url: string): Promise<string> {
    const path = relative(this.#folder, await realpath(pathOf(url)))
    if (!path.startsWith('..')) return path.split(sep).join('/')
    throw new KaizenError(
      'INVALID_MANIFEST',
      `step "${step}" is declared in ${pathOf(url)}, outside the project`,
      { hint: `Declare it in a module inside ${this.#folder}.` },
    )
  }
}

const pathOf = (url: string): string => (url.startsWith('file:') ? fileURLToPath(url) : url)

/** The name under which the module that declares a step exports it. */
async function exportNameOf(
  step: string,
  body: Extract<NodeBody, { kind: 'typescript' }>,
): Promise<string> {
  const url = body.module.startsWith('file:') ? body.module : pathToFileURL(body.module).href
  const module = (await import(url)) as Readonly<Record<string, unknown>>
  const found = Object.keys(module)
    .sort()
    .find((name) => module[name] === body.step && isStep(module[name]))
  if (found !== undefined) return found
  throw new KaizenError(
    'INVALID_MANIFEST',
    `step "${step}" is not exported by ${pathOf(body.module)}`,
    {
      hint: `Export it, so that the process which runs it can find it: export const … = step('${step}', …).`,
    },
  )
}
