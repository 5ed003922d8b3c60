import type { Manifest } from '@kaizen/contracts'
import type { Actor } from '../kernel/index.ts'
import type { Tx } from '../storage/index.ts'

export type { Manifest, Plan, PlanChange, ProjectSummary } from '@kaizen/contracts'

/** A manifest in force. */
export interface ProjectRecord {
  readonly name: string
  readonly description: string
  readonly revision: number
  readonly manifest: Manifest
  readonly manifestDigest: string
  readonly appliedAt: number
  readonly appliedBy: string
}

/** The kinds of objects that a project declares, in the order in which they are put into force. */
export const objectKinds = [
  'dataset',
  'entity',
  'feature-view',
  'on-demand-view',
  'feature-service',
  'pipeline',
  'ensemble',
  'endpoint',
  'monitor',
  'report',
  'policy',
] as const
export type ObjectKind = (typeof objectKinds)[number]

/** Objects as they stand, by `<kind>:<name>`; undefined for those that are not there. */
export type Standing = ReadonlyMap<string, Readonly<Record<string, unknown>> | undefined>

/** One declared object: `<kind>:<name>` and what was declared. */
export interface DeclaredObject {
  readonly kind: ObjectKind
  readonly name: string
  readonly declaration: Readonly<Record<string, unknown>>
}

/** What a stage does with the declarations of its kind, within the transaction of the whole project. */
export interface KindHandler {
  /** What can be declared about an object, as it stands; undefined when there is none of that name. */
  current(name: string): Promise<Readonly<Record<string, unknown>> | undefined>
  /** Checks a declaration with what takes time, before the transaction; `declare` is given what comes of it. */
  prepare?(declaration: never, manifest: Manifest): Promise<unknown>
  declare(tx: Tx, actor: Actor, declaration: never, manifest: Manifest): Promise<void>
  /**
   * Takes an object that is declared no more out of force. Without it the object stays as it is: datasets and
   * endpoints hold what cannot be made again, and go only by a request of their own.
   */
  remove?(tx: Tx, actor: Actor, name: string): Promise<void>
}
