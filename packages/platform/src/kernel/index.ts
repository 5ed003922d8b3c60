/** Identifiers, clock, canonical JSON and actors; no I/O. */
export {
  type Actor,
  type ActorAccess,
  defaultWorkspace,
  localAdministrator,
  mayDo,
  systemActor,
  type Visibility,
  workspaceOf,
} from './actor.ts'
export { canonicalJson, digestOf, sha256 } from './canonical-json.ts'
export { type Clock, ReplayClock, systemClock } from './clock.ts'
export { giveBack } from './given-bytes.ts'
export { type Branded, type Ids, randomIds } from './ids.ts'
export { checkRootOfFiles, problemOfLocation, schemeOf } from './locations.ts'
export type { Ticker } from './ticker.ts'
