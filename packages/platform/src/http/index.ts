/** Routes as values: mounting, validation, permission, error shapes and server-sent events. */

export { answerBrokenRequest } from './broken-request.ts'
export { endWithServer } from './closing.ts'
export { invalidRequest, toKaizenError } from './errors.ts'
export { EventStream, type ServerSentEvent } from './events.ts'
export { guardHostAndOrigin } from './guard.ts'
export { type MountOptions, mountSurface } from './mount.ts'
export { type Call, type Route, route } from './route.ts'
export { type ErrorMapper, errorsAt, ownSurface, type Surface } from './surface.ts'
