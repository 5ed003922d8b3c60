/** Routes as values: mounting, validation, permission, error shapes and server-sent events. */

export { answerBrokenRequest } from './broken-request.ts'
export { endWithServer } from './closing.ts'
export { invalidRequest, toKaizenError } from './errors.ts'
export { EventStream, type ServerSentEvent } from './events.ts'
export { guardHostAndOrigin } from './guard.ts'
export { JsonText } from './json-text.ts'
export { type Authorize, type MountOptions, mountSurface, requireRole } from './mount.ts'
export { askingModule, isPublicAddress, resolveTarget } from './outgoing-address.ts'
export { readableUrl } from './readable-url.ts'
export { type Call, type Route, route } from './route.ts'
export { sendBytes } from './send-bytes.ts'
export { type ErrorMapper, errorsAt, ownSurface, retryAfter, type Surface } from './surface.ts'
