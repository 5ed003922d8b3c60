import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { metricsPayload, type PromMetric, tracesPayload } from './payloads.ts'
import { isSampled, newTraceId, traceParentOf } from './trace-context.ts'

const origin = { resource: { 'service.name': 'kaizen' }, version: '1' }

it('turns what Prometheus counts below bounds into what lies between them', async () => {
  const registers = [new Registry()]
  const sizes = new Histogram({
    name: 'sizes',
    help: 'h',
    labelNames: ['of'],
    buckets: [1, 5],
    registers,
  })
  for (const value of [0.5, 3, 4, 9]) sizes.observe({ of: 'a' }, value)
  new Gauge({ name: 'nothing', help: 'h', registers }).set(Number.NaN)
  new Counter({ name: 'seen', help: 'how many', labelNames: ['of'], registers }).inc({ of: 'b' }, 2)
  const metrics = (await registers[0]!.getMetricsAsJSON()) as unknown as PromMetric[]
  const payload = metricsPayload(metrics, { startMs: 1, nowMs: 2.5 }, origin)
  const stamps = { startTimeUnixNano: '1000000', timeUnixNano: '2500000' }
  expect(payload).toMatchObject({
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'sizes',
                histogram: {
                  dataPoints: [
                    {
                      ...stamps,
                      count: '4',
                      sum: 16.5,
                      explicitBounds: [1, 5],
                      bucketCounts: ['1', '2', '1'],
                      attributes: [{ key: 'of', value: { stringValue: 'a' } }],
                    },
                  ],
                },
              },
              { name: 'seen', description: 'how many', sum: { dataPoints: [{ asDouble: 2 }] } },
            ],
          },
        ],
      },
    ],
  })
})

it('marks failed requests, and keeps the time to the nanosecond', () => {
  const span = {
    traceId: 'a',
    spanId: 'b',
    parentSpanId: null,
    name: 'GET /x',
    failed: true,
    startMs: 1_767_600_000_000.25,
    endMs: 1_767_600_000_001,
    attributes: { n: 1.5 },
  }
  expect(tracesPayload([span], origin)).toMatchObject({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                startTimeUnixNano: '1767600000000250000',
                status: { code: 2 },
                attributes: [{ key: 'n', value: { doubleValue: 1.5 } }],
              },
            ],
          },
        ],
      },
    ],
  })
})

it.each([
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', true],
  ['cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes', true],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes', false],
  ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', false],
  ['00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01', false],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', false],
  ['', false],
])('reads the header %s: %s', (header, isRead) => {
  expect(traceParentOf(header) !== undefined).toBe(isRead)
})

it('tells the share of traces that is asked for, all parts of a trace alike', () => {
  const rule = { parentBased: true, ratio: 0.25 }
  const ids = Array.from({ length: 4000 }, newTraceId)
  const told = ids.filter((id) => isSampled(id, undefined, rule))
  expect(told.length).toBeGreaterThan(800)
  expect(told.length).toBeLessThan(1200)
  const parent = { traceId: 'a', spanId: 'b', sampled: false }
  expect(isSampled(told[0] ?? '', parent, rule)).toBe(false)
})
