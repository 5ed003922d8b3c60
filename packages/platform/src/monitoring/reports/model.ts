import type { ReportBody, ReportDelivery } from '@kaizen/contracts'

export type {
  MetricSummary,
  ReportBody,
  ReportDatasetPart,
  ReportDelivery,
  ReportDocument,
  ReportMonitorPart,
  ReportSection,
  ReportView,
} from '@kaizen/contracts'

/** A named report as it is stored. */
export interface ReportRecord {
  readonly name: string
  readonly body: ReportBody
  readonly nextAt: number | null
  readonly updatedAt: number
  readonly updatedBy: string
}

/** A delivery with the report as it was when it was due: what is changed later does not change what is told. */
export interface DeliveryRecord extends ReportDelivery {
  readonly body: ReportBody
}

/** One value, or the values of one day made one. */
export interface Slot {
  readonly windows: number
  readonly known: number
  readonly total: number
  readonly low: number | null
  readonly high: number | null
  readonly threshold: number | null
  readonly lower: number | null
  /** Null where there is no verdict. */
  readonly drifted: boolean | null
}
