import { useQuery } from '@tanstack/react-query'
import { chosenWorkspace, defaultWorkspace, enterWorkspace } from '../shared/api/workspace.ts'
import { workspacesQuery } from '../shared/api/workspaces-query.ts'
import './workspace-switch.css'

/** Which workspace the page shows, where the server has more than one. */
export function WorkspaceSwitch() {
  const query = useQuery(workspacesQuery)
  const chosen = chosenWorkspace()
  const names = (query.data ?? []).map(({ name }) => name)
  // Within one that is gone nothing is answered, this list neither: it stays named, so that the reader can leave it.
  const shown = names.includes(chosen) ? names : [...new Set([chosen, defaultWorkspace, ...names])]
  if (shown.length < 2) return null
  return (
    <div className="workspace-switch">
      <span className="workspace-label" aria-hidden="true">
        Workspace
      </span>
      <select
        aria-label="Workspace"
        value={chosen}
        onChange={(event) => enterWorkspace(event.target.value)}
      >
        {shown.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </div>
  )
}
