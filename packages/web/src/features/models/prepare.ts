import type {
  Candidate,
  EndpointView,
  JsonValue,
  ModelVersionView,
  RunRecipe,
} from '@kaizen/contracts'
import { formatShare } from '../../shared/format/number.ts'
import { formatSpan } from '../../shared/format/time.ts'
import { paths } from '../../shared/paths.ts'
import type { IconName } from '../../shared/ui/icon.tsx'

export interface LineageNode {
  readonly kind: string
  readonly icon: IconName
  readonly label: string
  readonly detail: string
  readonly href: string | null
}

/**
 * The way from data to answers through one version, as the stages that it passed. Where the version itself does not say
 * what it was made from, as those that clients register, its run does.
 */
export function lineageChain(
  version: ModelVersionView,
  endpoints: readonly EndpointView[],
  recipe?: RunRecipe,
): readonly (readonly LineageNode[])[] {
  const { lineage } = version
  const own = asList(lineage['datasets'])
  const datasets =
    own.length === 0
      ? inputsOf(recipe)
      : own.map((entry): LineageNode => {
          const name = String(entry['dataset'] ?? entry['name'] ?? 'dataset')
          const number = asNumber(entry['version'])
          return {
            kind: 'Data version',
            icon: 'data',
            label: number === null ? name : `${name} · ${number}`,
            detail: formatSpan(asNumber(entry['from']), asNumber(entry['to'])),
            href: paths.dataset(name, number ?? undefined),
          }
        })
  const pipelineRun = lineage['pipelineRunId'] ?? lineage['pipelineRun']
  const run: readonly LineageNode[] =
    typeof pipelineRun === 'string'
      ? [
          {
            kind: 'Pipeline run',
            icon: 'pipelines',
            label: pipelineRun,
            detail: seedWords(lineage['seed']),
            href: paths.pipelineRun(pipelineRun),
          },
        ]
      : version.runId
        ? [
            {
              kind: 'Tracked run',
              icon: 'experiments',
              label: version.runId.slice(0, 8),
              detail: '',
              href: paths.run(version.runId),
            },
          ]
        : []
  const itself: LineageNode = {
    kind: 'Model version',
    icon: 'models',
    label: `${version.name} · ${version.version}`,
    detail: version.aliases.map((alias) => `@${alias}`).join(' '),
    href: null,
  }
  return [datasets, run, [itself], endpointNodes(version, endpoints)].filter(
    (column) => column.length > 0,
  )
}

/** What a run read, as its client or pipeline told; a data set of a client's own has no page here. */
const inputsOf = (recipe: RunRecipe | undefined): readonly LineageNode[] =>
  (recipe?.datasets ?? []).map(({ dataset, version, digest }) => ({
    kind: version === null ? 'Data set of the run' : 'Data version',
    icon: 'data',
    label: version === null ? dataset : `${dataset} · ${version}`,
    detail: version === null ? `digest ${digest.slice(0, 12)}` : '',
    href: version === null ? null : paths.dataset(dataset, version),
  }))

function endpointNodes(
  version: ModelVersionView,
  endpoints: readonly EndpointView[],
): readonly LineageNode[] {
  return endpoints.flatMap((endpoint) =>
    endpoint.arms
      .filter((arm) => arm.modelName === version.name && arm.version === version.version)
      .map(
        (arm): LineageNode => ({
          kind: 'Endpoint',
          icon: 'endpoints',
          label: endpoint.name,
          detail:
            arm.mode === 'shadow'
              ? `${arm.name}: shadow`
              : `${arm.name}: ${formatShare(arm.weight, 0)} of traffic`,
          href: paths.endpoint(endpoint.name),
        }),
      ),
  )
}

const asList = (value: JsonValue | undefined): readonly { readonly [key: string]: JsonValue }[] =>
  Array.isArray(value)
    ? value.filter(
        (item): item is { readonly [key: string]: JsonValue } =>
          typeof item === 'object' && item !== null && !Array.isArray(item),
      )
    : []
const asNumber = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' ? value : null
const seedWords = (seed: JsonValue | undefined): string =>
  typeof seed === 'number' ? `seed ${seed}` : ''

/** The candidate whose gate let a version in, if a loop made it. */
export const candidateOf = (
  version: ModelVersionView,
  candidates: readonly Candidate[],
): Candidate | undefined =>
  candidates.find(
    (candidate) =>
      candidate.gate !== null &&
      (typeof version.lineage['candidate'] === 'string'
        ? candidate.id === version.lineage['candidate']
        : candidate.modelVersion === version.version),
  )

/** The lineage without the gate's decision, which has a view of its own. */
export const plainLineage = ({ lineage }: ModelVersionView): JsonValue => {
  const { gate: _shownApart, ...rest } = lineage
  return rest
}

/** What two versions are compared by. */
export const comparable = (version: ModelVersionView): JsonValue => ({
  description: version.description,
  source: version.source,
  sizeBytes: version.modelSizeBytes,
  digest: version.modelDigest,
  tags: version.tags,
  lineage: plainLineage(version),
  inputs: Object.fromEntries(
    (version.signature?.inputs ?? []).map((input) => [
      input.name,
      `${input.datatype} [${input.shape.join(', ')}]`,
    ]),
  ),
})
