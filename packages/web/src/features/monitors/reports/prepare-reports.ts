import {
  type ReportBody,
  type ReportSection,
  type ReportView,
  reportSections,
} from '@kaizen/contracts'

/** What the form holds; the rest is made of it. */
export interface ReportDraft {
  readonly name: string
  readonly title: string
  readonly monitors: ReadonlySet<string>
  /** `NAME` or `NAME@VERSION`, separated by commas. */
  readonly datasets: string
  readonly sections: ReadonlySet<ReportSection>
  readonly last: string
  readonly compare: ReportBody['compare']
  readonly cron: string
  readonly timeZone: string
  readonly channels: ReadonlySet<string>
}

export const newDraft: ReportDraft = {
  name: '',
  title: '',
  monitors: new Set(),
  datasets: '',
  sections: new Set(reportSections),
  last: '7d',
  compare: 'reference',
  cron: '',
  timeZone: 'UTC',
  channels: new Set(),
}

export function draftOf(report: ReportView): ReportDraft {
  return {
    name: report.name,
    title: report.title,
    monitors: new Set(report.monitors),
    datasets: report.datasets
      .map(({ dataset, version }) => (version === undefined ? dataset : `${dataset}@${version}`))
      .join(', '),
    sections: new Set(report.sections),
    last: 'last' in report.period ? report.period.last : '7d',
    compare: report.compare,
    cron: report.schedule?.cron ?? '',
    timeZone: report.schedule?.timeZone ?? 'UTC',
    channels: new Set(report.channels),
  }
}

/** What the server is asked for. Parts of a kept report that the form does not show stay as they are. */
export function bodyOf(draft: ReportDraft, kept: ReportView | undefined): ReportBody {
  const before = new Map(kept?.datasets.map((one) => [`${one.dataset}@${one.version ?? ''}`, one]))
  const keepsPeriod = kept && !('last' in kept.period) && draft.last === '7d'
  return {
    title: draft.title.trim(),
    monitors: [...draft.monitors],
    datasets: datasetsOf(draft.datasets).map(
      (one) => before.get(`${one.dataset}@${one.version ?? ''}`) ?? one,
    ),
    sections: reportSections.filter((section) => draft.sections.has(section)),
    period: keepsPeriod ? kept.period : { last: draft.last },
    compare: draft.compare,
    schedule:
      draft.cron.trim() === ''
        ? null
        : { cron: draft.cron.trim(), timeZone: draft.timeZone.trim() || 'UTC' },
    channels: [...draft.channels],
  }
}

const datasetsOf = (text: string): ReportBody['datasets'] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => {
      const [, dataset = one, version] = /^(.*)@(\d+)$/.exec(one) ?? []
      return version === undefined ? { dataset: one } : { dataset, version: Number(version) }
    })

/** A set with a member put in or taken out. */
export function toggled<Member>(set: ReadonlySet<Member>, member: Member): ReadonlySet<Member> {
  const next = new Set(set)
  if (!next.delete(member)) next.add(member)
  return next
}

export const sectionTitles: Readonly<Record<ReportSection, string>> = {
  summary: 'What stands out',
  drift: 'Drift',
  quality: 'Data quality',
  performance: 'Performance',
  segments: 'Segments',
  explanations: 'Explanations',
  operations: 'Operations',
  custom: 'Metrics of the project',
  distributions: 'Distributions',
  alerts: 'Alerts',
}
