/** The process of the built-in step `train`. */
import { runStepProcess } from '@kaizen/sdk/step-process'
import { trainStep } from './train-step.ts'

await runStepProcess(async () => trainStep)
