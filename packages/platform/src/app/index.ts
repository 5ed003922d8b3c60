/** The composition root: configuration, adapters, services, HTTP and time. */
export { type ServerConfig, type ServerOptions, serverConfig } from './config.ts'
export { examineMachine, type Finding } from './examine.ts'
export { type ParityFileResult, runParityFolder } from './parity.ts'
export { type RunningServer, startServer } from './server.ts'
export { version } from './version.ts'
