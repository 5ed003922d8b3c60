/** The workspace that a request without a word is about. */
export const defaultWorkspace = 'default'

const key = 'kaizen.workspace'

/** The header by which MLflow's protocol says what a request is about; all of the server's own routes heed it too. */
export const workspaceHeader = 'x-mlflow-workspace'

/** The workspace that this browser tab shows. A link may name another, as `?workspace=NAME`. */
let chosen = namedByAddress() ?? kept()

export const chosenWorkspace = (): string => chosen

/** What is said about the workspace in every request; nothing for the one that is meant anyway. */
export const workspaceHeaders = (): Readonly<Record<string, string>> =>
  chosen === defaultWorkspace ? {} : { [workspaceHeader]: chosen }

/** Shows another workspace: everything is asked for again, from the place that every workspace has. */
export function enterWorkspace(name: string): void {
  keep(name)
  location.assign('/experiments')
}

function keep(name: string): void {
  chosen = name
  try {
    sessionStorage.setItem(key, name)
  } catch {
    // Storage may be forbidden; the choice lasts as long as the page.
  }
}

function kept(): string {
  try {
    return sessionStorage.getItem(key) ?? defaultWorkspace
  } catch {
    return defaultWorkspace
  }
}

function namedByAddress(): string | null {
  const name = new URLSearchParams(globalThis.location?.search ?? '').get('workspace')
  // Only a name can be one: anything else would make a header that no request may carry.
  if (name === null || !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return null
  try {
    sessionStorage.setItem(key, name)
  } catch {
    // As above.
  }
  return name
}
