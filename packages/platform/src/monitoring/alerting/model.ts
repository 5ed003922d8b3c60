import type {
  AlertEvent,
  ChannelBody,
  ChannelTarget,
  DeliveryView,
  Severity,
  SilenceView,
} from '@kaizen/contracts'

export type {
  AlertEvent,
  AlertView,
  ChannelBody,
  ChannelTarget,
  ChannelView,
  DeliveryView,
  Severity,
  SilenceView,
  WindowEvent,
} from '@kaizen/contracts'

/** A channel with its secrets, as it is stored. */
export interface ChannelRecord extends ChannelBody {
  readonly name: string
  readonly target: ChannelTarget
  readonly updatedAt: number
}

export type SilenceRecord = Omit<SilenceView, 'active'>
export type DeliveryRecord = DeliveryView

/** What routing looks at. */
export interface Told {
  readonly monitor: string
  readonly rule: string
  readonly severity: Severity
  readonly event: AlertEvent
}
