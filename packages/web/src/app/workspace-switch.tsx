import { useQuery } from '@tanstack/react-query'
import { chosenWorkspace, defaultWorkspace, enterWorkspace } from '../shared/api/workspace.ts'
import { workspacesQuery } from '../shared/api/workspaces-query.ts'
import './workspace-switch.css'

/** Which workspace the page shows, where the server has more than one. */
export function WorkspaceSwitch() {
  const query = useQuery(workspacesQuery)
  const chosen = chosenWorkspace()
  const names = (query.data ?? []).map(({ name }) => name)
  // One that is gone or may not be seen stays named, so that the reader can leave it.
  const shown = names.includes(chosen) ? names : [chosen, ...names]
  if (shown.length < 2 && chosen === defaultWorkspace) return null
  return (
    <label className="workspace-switch">
      <span className="workspace-label">Workspace</span>
      <select value={chosen} onChange={(event) => enterWorkspace(event.target.value)}>
        {shown.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  )
}
