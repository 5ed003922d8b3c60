import { z } from 'zod'
import { duration, objectName } from './shared.ts'

export const reportSections = [
  'summary',
  'drift',
  'quality',
  'performance',
  'segments',
  'explanations',
  'operations',
  'custom',
  'distributions',
  'alerts',
] as const
export type ReportSection = (typeof reportSections)[number]

const instant = z.number().int().min(0).max(8.64e15)
/** The time before the report is made, or a fixed span. */
const period = z.union([
  z.strictObject({ last: duration }),
  z
    .strictObject({ from: instant, to: instant })
    .refine(({ from, to }) => to > from, { path: ['to'], error: 'must be after from' }),
])

const fields = {
  title: z.string().trim().max(200).default(''),
  monitors: z.array(objectName).max(20).default([]),
  /** Versions of datasets; the newest unless told. */
  datasets: z
    .array(
      z.strictObject({
        dataset: objectName,
        version: z.number().int().min(1).optional(),
        target: z.string().min(1).max(1000).optional(),
      }),
    )
    .max(5)
    .default([]),
  sections: z
    .array(z.enum(reportSections))
    .min(1)
    .default([...reportSections]),
  period: period.default({ last: '7d' }),
  /** `previous`: beside the bounds of the monitor's reference, the span of the same length before. */
  compare: z.enum(['reference', 'previous']).default('reference'),
  schedule: z
    .strictObject({
      cron: z.string().min(1).max(100),
      timeZone: z.string().max(64).default('UTC'),
    })
    .nullable()
    .default(null),
  /** Names of alert channels. */
  channels: z.array(objectName).max(20).default([]),
}
type Told = z.output<z.ZodObject<typeof fields>>

const isAboutSomething = ({ monitors, datasets }: Pick<Told, 'monitors' | 'datasets'>): boolean =>
  monitors.length + datasets.length > 0
const aboutNothing = {
  path: ['monitors'],
  error: 'a report is about at least one monitor or dataset',
}
const goesSomewhere = ({ schedule, channels }: Pick<Told, 'schedule' | 'channels'>): boolean =>
  schedule === null || channels.length > 0
const goesNowhere = {
  path: ['channels'],
  error: 'a report with a schedule needs a channel to go to',
}

/** What a report is about, and who gets it when. */
export const reportBody = z
  .strictObject(fields)
  .refine(isAboutSomething, aboutNothing)
  .refine(goesSomewhere, goesNowhere)
export type ReportBody = z.output<typeof reportBody>

/** A report as a project declares it. */
export const reportDeclaration = z
  .strictObject({ name: objectName, ...fields })
  .refine(isAboutSomething, aboutNothing)
  .refine(goesSomewhere, goesNowhere)
export type ReportDeclaration = z.output<typeof reportDeclaration>
export type ReportDeclarationInput = z.input<typeof reportDeclaration>
