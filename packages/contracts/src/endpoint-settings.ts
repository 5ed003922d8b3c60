import { z } from 'zod'
import { featureReference } from './features-spec.ts'
import { objectName } from './shared.ts'
import { roles } from './system.ts'

export const clientQuota = z
  .strictObject({
    per: z.enum(['day', 'month']),
    /** Clients are told apart by who they are (user or token), or by address. */
    client: z.enum(['principal', 'address']).default('principal'),
    requests: z.number().int().min(1).max(1e12).optional(),
    /** Rows answered; the request that goes over is still answered. */
    rows: z.number().int().min(1).max(1e12).optional(),
  })
  .refine(({ requests, rows }) => requests !== undefined || rows !== undefined, {
    message: 'give requests, rows or both',
  })
export type ClientQuota = z.output<typeof clientQuota>

export const logRetention = z.strictObject({
  /** Predictions with an event time longer ago are removed, by whole files of a day. */
  days: z.number().positive().max(36_500).optional(),
  /** The oldest files are removed until the log takes no more of the disk. */
  maxBytes: z.number().int().min(1).max(1e15).optional(),
  /** Nothing is removed while this stands, for example for a court. */
  hold: z.boolean().default(false),
})
export type LogRetention = z.output<typeof logRetention>

/** Features that the server fills in from the online store; requests give the join keys of their entities instead. */
export const endpointFeatures = z
  .strictObject({
    features: z.array(featureReference).min(1).max(5000).optional(),
    service: objectName.optional(),
    /** A request that brings a value itself: it is refused, or its value stands. */
    given: z.enum(['refuse', 'use']).default('refuse'),
    /**
     * An entity without a value, or with one that is too old, where `defaults` has none: the request is refused, or the
     * model gets NaN, which only numbers with a fraction can be.
     */
    missing: z.enum(['refuse', 'nan']).default('refuse'),
  })
  .refine(({ features, service }) => (features === undefined) !== (service === undefined), {
    message: 'give either features or service',
  })
export type EndpointFeatures = z.output<typeof endpointFeatures>

export const endpointSleep = z.strictObject({
  /** Time without a request after which models are unloaded. */
  afterMs: z.number().int().min(1000).max(2_592_000_000),
  /** A request that finds its model unloaded gets 503 where it is not loaded within this, or within its own time. */
  wakeTimeoutMs: z.number().int().min(1).max(3_600_000).default(30_000),
  /** Requests that may wait for a model to load; the next gets 503 with Retry-After. */
  maxWaiting: z.number().int().min(1).max(100_000).default(256),
})

export const endpointWarmUp = z.strictObject({
  /** Newest answered requests of the log, or the example that was logged with the model where there are none. */
  rows: z.number().int().min(1).max(1000).default(32),
})

/** What an endpoint allows, and what it keeps of what it is asked. Absent means unlimited, and everything. */
export const endpointSettings = z.strictObject({
  limits: z
    .strictObject({
      /** Requests that are computed at the same time; more wait. */
      maxConcurrent: z.number().int().min(1).max(100_000).optional(),
      /** Requests that may wait; the next gets 503 with Retry-After. */
      maxQueue: z.number().int().min(0).max(1_000_000).default(1000),
      /** A request that has no answer after this gets 503; a caller may ask for less with `x-kaizen-timeout-ms`. */
      timeoutMs: z.number().int().min(1).max(3_600_000).optional(),
      /** Largest body after decompression, below the server's own limit. */
      maxRequestBytes: z.number().int().min(1).max(1e12).optional(),
      /** Requests a second of one client (token and address), with bursts of up to `clientBurst`; over it 429. */
      clientRate: z.number().positive().max(1e6).optional(),
      clientBurst: z.number().int().min(1).max(1e6).default(10),
      /** What one client may ask in a day or a month (UTC); over it 429 until the next begins. */
      quotas: z.array(clientQuota).max(8).optional(),
    })
    .optional(),
  /** Who may ask, beyond what the server itself demands, and even where that demands nothing. */
  access: z
    .strictObject({
      /** `identified`: any token or user; `scoped`: only tokens made for this endpoint. */
      callers: z.enum(['identified', 'scoped']).default('identified'),
      /** The least role that may ask. */
      role: z.enum(roles).optional(),
    })
    .optional(),
  log: z
    .strictObject({
      /** Share of requests that are logged, by a hash of the inference id; ground truth of others is unknown. */
      sample: z.number().min(0).max(1).default(1),
      /** Columns of inputs that are never written: empty, 0 or missing in the log. `x[3]` names a place of a matrix. */
      redact: z.array(z.string().min(1).max(250)).max(1000).default([]),
      /** What is kept of the log once it is Parquet; everything, for good, unless told. */
      retention: logRetention.optional(),
    })
    .optional(),
  /**
   * How requests share runs of an ONNX model when they have to wait for a thread: one that finds a thread free is computed
   * at once, whatever is set here. Absent: up to 128 rows, without any delay.
   */
  batching: z
    .strictObject({
      /** Most rows of a run; 1 computes every request alone. */
      maxRows: z.number().int().min(1).max(65_536).default(128),
      /** How long requests that had to wait may wait for others to fill a run. */
      maxDelayMs: z.number().min(0).max(1000).default(0),
    })
    .optional(),
  /**
   * What computes models in ONNX. `auto`: Kaizen's own kernel for trees and linear models that it understands to the last
   * attribute, onnxruntime for all others; `onnxruntime`: that for all. Absent: `auto`.
   */
  runtime: z.enum(['auto', 'onnxruntime']).optional(),
  /**
   * How values of tables are held against the signature. `strict`: each must be of the input's type; `coerce`: numerals in
   * text, truth values and numbers stand for each other. Absent: as `strict`, and whole numbers stand for text.
   */
  validation: z.enum(['strict', 'coerce']).optional(),
  /** Values for inputs that a request does not have, or has as null, by name. */
  defaults: z
    .record(z.string().min(1).max(250), z.union([z.number(), z.string().max(10_000), z.boolean()]))
    .optional(),
  /** Inputs of the model that come from the online store. */
  features: endpointFeatures.optional(),
  /** Models are unloaded when nobody has asked for a while; the next request loads them again and waits for that. */
  sleep: endpointSleep.optional(),
  /** Recorded requests that a version must answer before it is ready; absent: zeros, and what it makes of them is not judged. */
  warmUp: endpointWarmUp.optional(),
})
export type EndpointSettings = z.output<typeof endpointSettings>
export type EndpointSettingsInput = z.input<typeof endpointSettings>
