/** A server in a process of its own, for tests that kill it: folder as argument, address on standard output. */
import { addingModel, testServing } from './test-serving.ts'

const folder = process.argv[2]
if (!folder) throw new Error('usage: test-serving-main.ts FOLDER')
const test = await testServing({ folder })
if ((await test.serving.names()).length === 0) {
  await test.deploy('hires', await test.register('bike', addingModel(1)))
}
console.log(test.url)
