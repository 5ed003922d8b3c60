/** A process that opens the pipelines of a folder and works until it is killed: `node test-server.ts <folder>`. */
import { testPipelines } from './test-pipelines.ts'

await testPipelines({ folder: process.argv[2] ?? '' })
process.stdout.write('ready\n')
setInterval(() => undefined, 1000)
