import {
  type ApprovalStatus,
  type GateDecision,
  gateDecision,
  type JsonValue,
  KaizenError,
  type ModelVersionView,
  type SignatureVerdict,
} from '@kaizen/contracts'

/** The sections of every card, in order. */
export const cardSections = [
  { id: 'model', title: 'Model', kind: 'evidence' },
  { id: 'intended-use', title: 'Intended use', kind: 'prose' },
  { id: 'limitations', title: 'Limitations', kind: 'prose' },
  { id: 'ethics', title: 'Ethical considerations', kind: 'prose' },
  { id: 'data', title: 'Data', kind: 'evidence' },
  { id: 'training', title: 'Training', kind: 'evidence' },
  { id: 'parameters', title: 'Parameters', kind: 'evidence' },
  { id: 'metrics', title: 'Metrics', kind: 'evidence' },
  { id: 'gate', title: 'Gate decision', kind: 'evidence' },
  { id: 'approvals', title: 'Approvals', kind: 'evidence' },
  { id: 'signature', title: 'Signature', kind: 'evidence' },
  { id: 'maintenance', title: 'Maintenance', kind: 'prose' },
] as const
type SectionOf<Kind> = Extract<(typeof cardSections)[number], { readonly kind: Kind }>['id']
export type ProseId = SectionOf<'prose'>
export type EvidenceId = SectionOf<'evidence'>
/** What people wrote, by section. */
export type CardProse = Readonly<Partial<Record<ProseId, string>>>

/** What a card is made from. */
export interface CardRecords {
  readonly version: ModelVersionView
  /** Parameters and last metrics of the tracked run; null without a run that the reader may see. */
  readonly run: {
    readonly params: readonly { readonly key: string; readonly value: string }[]
    readonly metrics: readonly { readonly key: string; readonly value: number }[]
  } | null
  readonly approvals: readonly ApprovalStatus[]
  readonly signature: SignatureVerdict
}

const unwritten = '_Not written yet._'

/** The document that people edit and send back. */
export function cardDocument(
  { name, version }: ModelVersionView,
  sections: readonly { readonly title: string; readonly markdown: string }[],
): string {
  const parts = sections.map(({ title, markdown }) => `## ${title}\n\n${markdown || unwritten}\n`)
  return [`# Model card: ${inert(name)}, version ${version}\n`, ...parts].join('\n')
}

/**
 * The prose in a document, by its second-level headings; evidence is passed over, for it is made from records.
 * @throws INVALID_REQUEST for a heading that no card has or that stands twice, for text outside of sections and for a code block that never ends
 */
export function parseProse(document: string): CardProse {
  const found = new Map<string, string[]>()
  let lines: string[] | undefined
  let fence: string | undefined
  for (const [at, line] of document.split(/\r?\n/).entries()) {
    const heading = fence === undefined ? /^## +(.*?)(?: +#+)? *$/.exec(line)?.[1] : undefined
    if (heading !== undefined) {
      lines = []
      open(found, heading, lines)
      continue
    }
    fence = fenceAfter(fence, line)
    if (lines) lines.push(line)
    else if (line.trim() !== '' && !/^# /.test(line)) {
      throw refused(`line ${at + 1} stands before the first section`)
    }
  }
  if (fence !== undefined) throw refused(`a code block that begins with ${fence} never ends`)
  return Object.fromEntries(
    cardSections.flatMap(({ id, kind }) => {
      const text = kind === 'prose' ? found.get(id)?.join('\n').trim() : undefined
      return text === undefined ? [] : [[id, text === unwritten ? '' : text]]
    }),
  )
}

function open(found: Map<string, string[]>, heading: string, lines: string[]): void {
  const section = cardSections.find(({ title }) => title.toLowerCase() === heading.toLowerCase())
  if (!section) throw refused(`a card has no section "${heading.slice(0, 100)}"`)
  if (found.has(section.id)) throw refused(`the section "${section.title}" stands twice`)
  found.set(section.id, lines)
}

/** The fence that is open after a line: CommonMark 0.31, section 4.5. */
function fenceAfter(fence: string | undefined, line: string): string | undefined {
  const [, marks = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? []
  if (marks === '') return fence
  if (fence === undefined) return marks.startsWith('`') && rest.includes('`') ? undefined : marks
  const closes = marks[0] === fence[0] && marks.length >= fence.length && rest.trim() === ''
  return closes ? undefined : fence
}

const refused = (why: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `the card cannot be read: ${why}`, {
    hint: `Write under the headings ${cardSections
      .filter(({ kind }) => kind === 'prose')
      .map(({ title }) => `"## ${title}"`)
      .join(', ')}.`,
  })

/** The evidence of a section as Markdown. */
export function evidenceOf(
  id: EvidenceId,
  { version, run, approvals, signature }: CardRecords,
): string {
  const gate = gateDecision.safeParse(version.lineage['gate']).data
  switch (id) {
    case 'model':
      return table(['what', 'value'], modelFacts(version))
    case 'data':
      return lineageTable(version, ['datasets', 'holdout']) ?? 'No data is on record.'
    case 'training':
      return trainingText(version)
    case 'parameters':
      return parameterText(version, run)
    case 'metrics':
      return metricText(gate, run)
    case 'gate':
      return gate ? gateText(gate) : 'No gate decided over this version.'
    case 'approvals':
      return approvals.length === 0
        ? 'The policy of the model asks for none.'
        : approvals.map(approvalText).join('\n\n')
    case 'signature':
      return signatureText(signature)
  }
}

const iso = (at: number): string => new Date(at).toISOString()

const modelFacts = (version: ModelVersionView): [string, string][] => [
  ['name', version.name],
  ['version', String(version.version)],
  ['registered', `${iso(version.createdAt)} by ${version.createdBy}`],
  ['aliases', version.aliases.join(', ') || 'none'],
  ['description', version.description || 'none'],
  ['source', version.source],
  ['file', version.modelDigest ? `SHA-256 ${version.modelDigest}` : 'no ONNX file'],
  ['bytes', String(version.modelSizeBytes ?? '–')],
  ['inputs', tensors(version.signature?.inputs)],
  ['outputs', tensors(version.signature?.outputs)],
]

type Tensors = NonNullable<ModelVersionView['signature']>['inputs']
const tensors = (specs: Tensors | undefined): string =>
  specs
    ?.map(({ name, datatype, shape }) => `${name}: ${datatype} [${shape.join(', ')}]`)
    .join('; ') ?? 'not recorded'

function trainingText(version: ModelVersionView): string {
  const apart = new Set(['datasets', 'holdout', 'gate', 'params', 'parameters'])
  const keys = Object.keys(version.lineage).filter((key) => !apart.has(key))
  const rows: [string, string][] = version.runId ? [['tracked run', version.runId]] : []
  const lineage = lineageRows(version, keys)
  return rows.length + lineage.length === 0
    ? 'No training is on record.'
    : table(['what', 'value'], [...rows, ...lineage])
}

function parameterText(version: ModelVersionView, run: CardRecords['run']): string {
  const rows = [
    ...lineageRows(version, ['params', 'parameters']),
    ...(run?.params ?? []).map(({ key, value }): [string, string] => [key, value]),
  ]
  return rows.length === 0 ? 'No parameters are on record.' : table(['parameter', 'value'], rows)
}

function metricText(gate: GateDecision | undefined, run: CardRecords['run']): string {
  const parts = []
  if (gate) {
    const rows = Object.entries(gate.candidate).map(([metric, value]) => [
      metric,
      figure(value),
      figure(gate.champion?.[metric] ?? null),
    ])
    parts.push(
      `On ${gate.rows} rows of the holdout:`,
      table(['metric', 'this version', 'champion then'], rows),
    )
    if (gate.improvement) {
      const { estimate, lower, upper, confidence, resamples, probabilityBetter } = gate.improvement
      parts.push(
        `Relative improvement of ${gate.metric}: ${figure(estimate)}, ${figure(confidence * 100)} % interval ${figure(lower)} to ${figure(upper)} (paired bootstrap, ${resamples} resamples); better with probability ${figure(probabilityBetter)}.`,
      )
    }
  }
  if (run && run.metrics.length > 0) {
    const rows = run.metrics.map(({ key, value }) => [key, figure(value)])
    parts.push('Last values of the tracked run:', table(['metric', 'value'], rows))
  }
  return parts.length === 0 ? 'No metrics are on record.' : parts.join('\n\n')
}

const gateText = (gate: GateDecision): string =>
  [
    `**${gate.passed ? 'Passed' : 'Not passed'}**: ${inert(gate.summary)}`,
    table(
      ['condition', 'verdict', 'reason'],
      gate.checks.map(({ name, passed, reason }) => [name, passed ? 'passed' : 'failed', reason]),
    ),
  ].join('\n\n')

function approvalText({ target, missing, decisions }: ApprovalStatus): string {
  const head = `${inert(target)}: ${inert(missing ?? 'approved')}.`
  if (decisions.length === 0) return head
  const rows = decisions.map(({ decision, by, roles, at, reason }) => [
    decision,
    by,
    roles.join(', '),
    iso(at),
    reason,
  ])
  return `${head}\n\n${table(['decision', 'by', 'roles', 'at', 'reason'], rows)}`
}

function signatureText({ state, reason, signature }: SignatureVerdict): string {
  if (!signature) return 'Not signed.'
  const rows = [
    ['record', `${state}: ${reason}`],
    ['bundle', `SHA-256 ${signature.bundleDigest}`],
    ['key', `SHA-256 ${signature.keyId}`],
    ['Ed25519', signature.signature],
    ['signed', `${iso(signature.at)} by ${signature.by}`],
  ]
  return table(['what', 'value'], rows)
}

function lineageTable(version: ModelVersionView, keys: readonly string[]): string | undefined {
  const rows = lineageRows(version, keys)
  return rows.length === 0 ? undefined : table(['what', 'value'], rows)
}

const lineageRows = (version: ModelVersionView, keys: readonly string[]): [string, string][] =>
  keys.flatMap((key) => leaves(key, version.lineage[key] ?? null))

/** Every value of a document under its path; times of windows as dates. */
function leaves(path: string, value: JsonValue): [string, string][] {
  if (value === null) return []
  if (typeof value !== 'object') {
    const isTime = typeof value === 'number' && /(^|\.)(from|to)$/.test(path)
    return [[path, isTime ? iso(value) : String(value)]]
  }
  const entries = Array.isArray(value)
    ? value.map((item, at): [string, JsonValue] => [`${path} ${at + 1}`, item])
    : Object.entries(value).map(([key, item]): [string, JsonValue] => [`${path}.${key}`, item])
  return entries.flatMap(([key, item]) => leaves(key, item))
}

const figure = (value: number | null): string =>
  value === null ? '–' : String(Number(value.toPrecision(6)))

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(inert).join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

/** Recorded text as text: what it holds of Markdown is shown and not obeyed. */
const inert = (text: string): string =>
  text.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[\\`*_[\]<>|#~&!]/g, (sign) => `\\${sign}`)
