/** The process of the built-in step `train`; as the root of a process it chooses the adapters. */
import { tmpdir } from 'node:os'
import { runStepProcess } from '@kaizen/sdk/step-process'
import { openDuckdbLake } from '../storage/index.ts'
import type { OpenLake } from './rows.ts'
import { createTrainStep, warmUp } from './train-step.ts'

const openLake: OpenLake = (folder) =>
  openDuckdbLake({ folders: [folder, tmpdir()], tempFolder: tmpdir(), threads: 1 })

await runStepProcess(async () => createTrainStep(openLake), {
  warmUp: () => warmUp(openLake),
  stays: true,
})
