/** The composition root: configuration, adapters, services, HTTP and time. */
export { type ServerConfig, type ServerOptions, serverConfig } from './config.ts'
export { type RunningServer, startServer } from './server.ts'
export { version } from './version.ts'
