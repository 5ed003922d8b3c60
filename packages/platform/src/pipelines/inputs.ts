import { type JsonValue, KaizenError } from '@kaizen/contracts'
import type { DataService } from '../data/index.ts'
import { digestOf, systemActor } from '../kernel/index.ts'
import {
  isFileKind,
  type Lineage,
  type Params,
  type PipelineDeclaration,
  type ResolvedInput,
  type StepNode,
  type StepOutputs,
  type ValueRef,
} from './model.ts'

type DatasetRef = Extract<ValueRef, { from: 'dataset' }>

/** What references are looked up in while a run goes on. */
export interface Scope {
  readonly params: Params
  /** Outputs of the nodes that have succeeded. */
  readonly outputs: ReadonlyMap<string, StepOutputs>
  /** What "latest" stands for, by dataset. */
  readonly versions: Readonly<Record<string, number>>
  readonly data: Pick<DataService, 'window' | 'quality'>
}

/** Makes the content of every input of a node known, by digest. */
export async function resolveInputs(
  node: StepNode,
  scope: Scope,
): Promise<Readonly<Record<string, ResolvedInput>>> {
  const resolved: Record<string, ResolvedInput> = {}
  for (const [name, ref] of Object.entries(node.inputs)) resolved[name] = await resolve(ref, scope)
  return resolved
}

async function resolve(ref: ValueRef, scope: Scope): Promise<ResolvedInput> {
  if (ref.from === 'dataset') return resolveDataset(ref, scope)
  if (ref.from !== 'node') return asValue(jsonOf(ref, scope))
  const artifact = scope.outputs.get(ref.node)?.[ref.output]
  if (!artifact || artifact.digest === null)
    throw new KaizenError('INTERNAL', `the output "${ref.output}" of "${ref.node}" is not known`)
  return isFileKind(artifact.kind)
    ? { kind: artifact.kind, digest: artifact.digest }
    : { kind: 'value', digest: artifact.digest, value: artifact.value ?? null }
}

const asValue = (value: JsonValue): ResolvedInput => ({
  kind: 'value',
  digest: digestOf(value),
  value,
})

function jsonOf(ref: ValueRef, scope: Scope): JsonValue {
  switch (ref.from) {
    case 'literal':
      return ref.value
    case 'param':
      return scope.params[ref.name] ?? null
    case 'node':
      return scope.outputs.get(ref.node)?.[ref.output]?.value ?? null
    case 'dataset':
      throw new KaizenError('INVALID_MANIFEST', 'a window of a dataset has another one as a bound')
  }
}

async function resolveDataset(ref: DatasetRef, scope: Scope): Promise<ResolvedInput> {
  const number = (bound: ValueRef | undefined, what: string): number | undefined => {
    const value = bound === undefined ? undefined : jsonOf(bound, scope)
    if (value === undefined || value === null || Number.isSafeInteger(value)) return value as number
    throw new KaizenError(
      'INVALID_REQUEST',
      `the ${what} of the window of dataset "${ref.dataset}" is ${JSON.stringify(value)}, not an integer`,
    )
  }
  const from = number(ref.windowFrom, 'begin') ?? undefined
  const to = number(ref.windowTo, 'end') ?? undefined
  const wanted = number(ref.version, 'version') ?? latest
  const version = wanted === latest ? scope.versions[ref.dataset] : wanted
  await scope.data.quality.admit(systemActor, ref.dataset, version ?? 'latest')
  const window = await scope.data.window(ref.dataset, version ?? 'latest', { from, to })
  return {
    kind: 'table',
    digest: window.digest,
    dataset: {
      dataset: ref.dataset,
      version: window.version,
      digest: window.versionDigest,
      from: from ?? null,
      to: to ?? null,
    },
  }
}

const latest = -1

/** The datasets that a pipeline reads. */
export function datasetsOf(declaration: PipelineDeclaration): readonly string[] {
  const refs = declaration.nodes.flatMap((node) => Object.values(node.inputs))
  return [...new Set(refs.flatMap((ref) => (ref.from === 'dataset' ? [ref.dataset] : [])))].sort()
}

/** Everything that determined the outputs of a node; datasets through all the steps before it. */
export function lineageOf(
  node: StepNode,
  known: {
    readonly code: string
    readonly inputs: Readonly<Record<string, ResolvedInput>>
    readonly params: Params
    readonly seed: number
    readonly environment: Readonly<Record<string, string>>
    readonly before: ReadonlyMap<string, Lineage>
  },
): Lineage {
  const datasets = new Map<string, Lineage['datasets'][number]>()
  for (const [name, ref] of Object.entries(node.inputs)) {
    const input = known.inputs[name]
    const own = input?.kind === 'table' && input.dataset ? [input.dataset] : []
    const upstream = ref.from === 'node' ? (known.before.get(ref.node)?.datasets ?? []) : []
    for (const dataset of [...own, ...upstream]) datasets.set(digestOf(dataset), dataset)
  }
  return {
    codeDigest: known.code,
    datasets: [...datasets.values()],
    inputs: Object.fromEntries(
      Object.entries(known.inputs).map(([name, { kind, digest }]) => [
        name,
        { kind, digest, ref: (node.inputs[name] ?? null) as JsonValue },
      ]),
    ),
    params: { ...known.params },
    seed: known.seed,
    environment: { ...known.environment },
  }
}
