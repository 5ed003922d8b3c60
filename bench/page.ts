import { type Circumstances, type Figure, isReached, ratioOf } from './figure.ts'

/** The results of one room. */
export interface RoomResults {
  readonly title: string
  readonly command: string
  /** Where it stands how the room measures, relative to the page. */
  readonly readme?: string
  readonly circumstances: Circumstances
  readonly figures: readonly Figure[]
}

const head = `# Benchmarks

What \`make bench\` measured, written by \`bench/run.ts\`: nothing here is typed by hand. A ratio is Kaizen's
figure over the peer's, both taken in the same run on the same machine; where other work was going on, the
ratios hold better than the figures.
`

/** The page of \`docs/benchmarks.md\`. */
export const benchmarksPage = (rooms: readonly RoomResults[]): string =>
  [head, ...rooms.map(section)].join('\n')

function section({ title, command, readme, circumstances, figures }: RoomResults): string {
  const { measuredAt, node, cpu, cores, loadBefore, versions } = circumstances
  const programs = Object.entries({ Node: node, ...versions }).map((pair) => pair.join(' '))
  const load = loadBefore === null ? '' : `, load ${loadBefore.toFixed(1)} before`
  const how = readme === undefined ? '' : ` [How it measures](${readme}).`
  return `## ${title}

\`${command}\`, ${measuredAt}, ${cpu}, ${cores} cores${load}; ${programs.join(', ')}.${how}

| figure | Kaizen | peer | ratio | to reach | |
|---|---:|---:|---:|---|---|
${figures.map(row).join('\n')}
`
}

const row = (figure: Figure): string => {
  const { what, kaizen, unit, peer } = figure
  const ratio = ratioOf(figure)
  const cells = [
    what,
    quantity(kaizen, unit),
    peer ? `${quantity(peer.value, unit)} (${peer.name})` : '',
    ratio === undefined
      ? ''
      : ratio < 0.1
        ? String(Number(ratio.toPrecision(2)))
        : ratio.toFixed(2),
    goal(figure),
    { true: 'reached', false: '**missed**', undefined: '' }[String(isReached(figure))],
  ]
  return `| ${cells.join(' | ')} |`
}

function goal({ reach, unit }: Figure): string {
  if (!reach) return ''
  const bound = (value: number): string =>
    reach.of === 'ratio' ? `${short(value)} × the peer` : quantity(value, unit)
  if (reach.atMost !== undefined) return `at most ${bound(reach.atMost)}`
  return reach.atLeast === undefined ? '' : `at least ${bound(reach.atLeast)}`
}

/** A score has no unit; its fourth digit still counts. */
const quantity = (value: number, unit: string): string =>
  unit === '' ? String(Number(value.toPrecision(4))) : `${short(value)} ${unit}`

/** Three digits, or all of a greater number. */
function short(value: number): string {
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
  return rounded.toLocaleString('en-US', { maximumFractionDigits: 6 })
}
