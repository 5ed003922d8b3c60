import { realpath } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type {
  CustomMetricDeclaration,
  Manifest,
  ManifestInput,
  PipelineDeclaration,
  StepBody,
} from '@kaizen/contracts'
import { KaizenError } from '@kaizen/contracts/errors'
import { listProjectFiles, type ProjectFile } from './bundle.ts'
import { CodeDigests } from './code-digest.ts'
import type { CustomMetric } from './custom-metric.ts'
import type { Ensemble } from './ensemble.ts'
import type { NodeBody, NodeDraft } from './graph.ts'
import type { Monitor } from './monitor.ts'
import type { OnDemandView } from './on-demand.ts'
import { outputRefs, type Pipeline } from './pipeline.ts'
import type { Project } from './project.ts'
import type { ServingStep } from './serving-step.ts'

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
  const code = new ProjectCode(folder, files)
  const pipelines: PipelineDeclaration[] = []
  for (const pipeline of project.pipelines) pipelines.push(await declarePipeline(pipeline, code))
  const monitors: Manifest['monitors'] = []
  for (const monitor of project.monitors) monitors.push(await declareMonitor(monitor, code))
  const ensembles: NonNullable<ManifestInput['ensembles']> = []
  for (const ensemble of project.ensembles) ensembles.push(await declareEnsemble(ensemble, code))
  const onDemandViews: NonNullable<ManifestInput['onDemandViews']> = []
  for (const view of project.onDemandViews)
    onDemandViews.push({ ...view.declaration, ...(await code.ofOnDemandView(view)) })
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
    ...featureParts(project),
    ...(onDemandViews.length > 0 && { onDemandViews }),
    pipelines,
    ...(ensembles.length > 0 && { ensembles }),
    endpoints: project.endpoints.map(({ declaration }) => declaration),
    monitors,
    ...(project.reports.length > 0 && {
      reports: project.reports.map(({ declaration }) => declaration),
    }),
    policies: project.policies.map(({ declaration }) => declaration),
    bundle: [...files],
  })
  return {
    manifest,
    files: files.map((file) => ({ ...file, fullPath: resolve(folder, file.path) })),
  }
}

/** Definitions of features, where there are any: manifests of projects without them stay as they are. */
function featureParts({ entities, featureViews, featureServices }: Project) {
  const declared = <T>(objects: readonly { readonly declaration: T }[]): T[] =>
    objects.map(({ declaration }) => declaration)
  return {
    ...(entities.length > 0 && { entities: declared(entities) }),
    ...(featureViews.length > 0 && { featureViews: declared(featureViews) }),
    ...(featureServices.length > 0 && { featureServices: declared(featureServices) }),
  } as Pick<ManifestInput, 'entities' | 'featureViews' | 'featureServices'>
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

async function declarePipeline(
  pipeline: Pipeline,
  code: ProjectCode,
): Promise<PipelineDeclaration> {
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
  code: ProjectCode,
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

async function declareMonitor(
  { declaration, custom }: Monitor,
  code: ProjectCode,
): Promise<Manifest['monitors'][number]> {
  const made: CustomMetricDeclaration[] = []
  for (const metric of custom) {
    const {
      name,
      labels = false,
      minRows = 1,
      segments = [],
      timeout = '10s',
      above,
      below,
    } = metric
    made.push({
      name,
      labels,
      minRows,
      timeout,
      segments: [...segments],
      ...(await code.ofMetric(metric)),
      ...(above !== undefined && { above }),
      ...(below !== undefined && { below }),
    })
  }
  return { ...declaration, custom: made }
}

async function declareEnsemble(
  { name, description, inputs, outputs, nodes: drawn }: Ensemble,
  code: ProjectCode,
): Promise<NonNullable<ManifestInput['ensembles']>[number]> {
  const nodes: NonNullable<ManifestInput['ensembles']>[number]['nodes'] = {}
  for (const [node, draft] of Object.entries(drawn)) {
    if (!('step' in draft)) {
      nodes[node] = draft
      continue
    }
    const { in: taken, out, timeout, processes } = draft.step
    nodes[node] = {
      kind: 'step',
      in: { ...taken },
      out: { ...out },
      inputs: { ...draft.inputs },
      ...(await code.ofServingStep(draft.step)),
      ...(timeout !== undefined && { timeout }),
      ...(processes !== undefined && { processes }),
    }
  }
  return { name, description, inputs, nodes, outputs: { ...outputs } }
}

/** Finds where the code of each step and metric stands in the project. */
class ProjectCode {
  readonly #folder: string
  readonly #digests: CodeDigests

  constructor(folder: string, files: readonly ProjectFile[]) {
    this.#folder = folder
    this.#digests = new CodeDigests(folder, files)
  }

  async of(step: string, body: NodeBody): Promise<{ body: StepBody; codeDigest: string }> {
    switch (body.kind) {
      case 'typescript': {
        const found = await this.#find(
          `step "${step}"`,
          body.module,
          (value) => value === body.step,
        )
        return {
          body: { kind: 'typescript', module: found.module, export: found.export },
          codeDigest: found.codeDigest,
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

  ofMetric(metric: CustomMetric): Promise<CodePlace> {
    return this.#find(`metric "${metric.name}"`, metric.module, (value) => value === metric)
  }

  ofOnDemandView(view: OnDemandView): Promise<CodePlace> {
    return this.#find(`on-demand view "${view.name}"`, view.module, (value) => value === view)
  }

  async ofServingStep(step: ServingStep) {
    const { name, code } = step
    const what = `serving step "${name}"`
    if (code.language === 'python') {
      const { language, file, function: called } = code
      const codeDigest = this.#digests.ofCommand([file, called], { python: true, files: [file] })
      return { language, module: file, export: called, codeDigest }
    }
    const half = [...Object.entries(step.in), ...Object.entries(step.out)].find(
      ([, { datatype }]) => datatype === 'FP16',
    )
    if (half) {
      throw new KaizenError('INVALID_MANIFEST', `${what}: "${half[0]}" is FP16`, {
        hint: 'TypeScript has no FP16: take FP32, or write the step in Python.',
      })
    }
    const found = await this.#find(what, code.module, (value) => value === step)
    return { language: code.language, ...found }
  }

  async #find(what: string, url: string, isIt: (value: unknown) => boolean): Promise<CodePlace> {
    const module = await this.#moduleOf(what, url)
    const name = await exportNameOf(what, url, isIt)
    return { module, export: name, codeDigest: await this.#digests.ofModule(module, name) }
  }

  async #moduleOf(what: string, url: string): Promise<string> {
    const path = relative(this.#folder, await realpath(pathOf(url)))
    if (!path.startsWith('..')) return path.split(sep).join('/')
    throw new KaizenError(
      'INVALID_MANIFEST',
      `${what} is declared in ${pathOf(url)}, outside the project`,
      { hint: `Declare it in a module inside ${this.#folder}.` },
    )
  }
}

/** Code of a project that runs in a process of its own. */
interface CodePlace {
  readonly module: string
  readonly export: string
  readonly codeDigest: string
}

const pathOf = (url: string): string => (url.startsWith('file:') ? fileURLToPath(url) : url)

/** The name under which the module that declares a step or metric exports it. */
async function exportNameOf(
  what: string,
  path: string,
  isIt: (value: unknown) => boolean,
): Promise<string> {
  const url = path.startsWith('file:') ? path : pathToFileURL(path).href
  const module = (await import(url)) as Readonly<Record<string, unknown>>
  const found = Object.keys(module)
    .sort()
    .find((name) => isIt(module[name]))
  if (found !== undefined) return found
  throw new KaizenError('INVALID_MANIFEST', `${what} is not exported by ${pathOf(path)}`, {
    hint: 'Export it, so that the process which runs it can find it: export const … = ….',
  })
}
