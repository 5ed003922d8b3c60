import type { WorkspaceContents } from '../identity/index.ts'
import { modelsOfWorkspace } from './models.store.ts'
import { nameInWorkspace } from './rules.ts'
import type { RegistryService } from './service.ts'

/** Registered models and prompts, with their versions. */
export const modelContents = (registry: RegistryService): WorkspaceContents => ({
  what: 'registered models',
  count: async (reader, workspace) => (await modelsOfWorkspace(reader, workspace)).length,
  async deleteAll(tx, actor, workspace) {
    for (const name of await modelsOfWorkspace(tx, workspace)) {
      await registry.deleteModel(tx, actor, name)
    }
  },
  async moveToDefault(tx, { workspace: _, ...actor }, workspace) {
    for (const name of await modelsOfWorkspace(tx, workspace)) {
      await registry.renameModel(tx, actor, name, nameInWorkspace(name))
    }
  },
})
