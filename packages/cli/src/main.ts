#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Before anything else is loaded: a third of the time to start is compilation otherwise.
enableCompileCache()
const { run } = await import('./program.ts')
process.exitCode = await run(process.argv)
