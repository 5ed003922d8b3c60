import { KaizenError } from '@kaizen/contracts'
import type { WorkspaceContents } from '../../identity/index.ts'
import type { EvaluationDatasets } from '../evaluation/evaluation-datasets.service.ts'
import type { Experiments } from './experiments.service.ts'
import * as store from './workspaces.store.ts'

/** Experiments, with all that belongs to them: deleting a workspace marks them as deleted, until collection takes them. */
export const experimentContents = (experiments: Experiments): WorkspaceContents => ({
  what: 'experiments',
  count: async (reader, workspace) => (await store.experimentsOf(reader, workspace)).length,
  async deleteAll(tx, actor, workspace) {
    for (const { number, name, lifecycle } of await store.experimentsOf(tx, workspace)) {
      if (lifecycle === 'active') await experiments.delete(tx, actor, String(number))
      // There they can be restored, and no name that is wanted again is held.
      await store.moveExperiment(tx, number, `${workspace}/${name} (${number})`)
    }
  },
  async moveToDefault(tx, _actor, workspace) {
    for (const { number, name } of await store.experimentsOf(tx, workspace)) {
      if (await store.isNameTaken(tx, name)) {
        throw new KaizenError(
          'ALREADY_EXISTS',
          `The default workspace has an experiment named '${name}' already`,
          { hint: 'Rename one of the two first.' },
        )
      }
      await store.moveExperiment(tx, number, name)
    }
  },
})

export const datasetContents = (datasets: EvaluationDatasets): WorkspaceContents => ({
  what: 'evaluation data sets',
  count: async (reader, workspace) => (await store.datasetsOf(reader, workspace)).length,
  async deleteAll(tx, actor, workspace) {
    for (const id of await store.datasetsOf(tx, workspace)) {
      await datasets.delete(tx, actor, id)
    }
  },
  moveToDefault: (tx, _actor, workspace) => store.moveDatasets(tx, workspace),
})
