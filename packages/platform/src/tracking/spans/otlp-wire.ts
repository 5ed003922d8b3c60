import { KaizenError } from '@kaizen/contracts'

/** The refusal of bytes that are no OTLP message. */
export const wireBroken = (why: string): KaizenError =>
  new KaizenError('INVALID_DATA', `Invalid OpenTelemetry format: ${why}`, {
    hint: 'Send an ExportTraceServiceRequest as application/x-protobuf or application/json.',
  })
