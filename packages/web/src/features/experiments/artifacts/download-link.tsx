import { useMutation } from '@tanstack/react-query'
import { protocolError } from '../../../shared/api/protocol-request.ts'
import { bearerToken } from '../../../shared/api/token.ts'
import {
  chosenWorkspace,
  defaultWorkspace,
  workspaceHeaders,
} from '../../../shared/api/workspace.ts'
import { FormFailure } from '../../../shared/ui/form.tsx'
import { download } from '../../../shared/ui/table-model.ts'

/** A plain link streams the file to disk; of another workspace the browser could not say which, so the page fetches it. */
export function DownloadLink({ href, path }: { readonly href: string; readonly path: string }) {
  const fetched = useMutation({
    mutationFn: async () => {
      const token = bearerToken()
      const authorization = token === null ? {} : { authorization: `Bearer ${token}` }
      const answer = await fetch(href, { headers: { ...authorization, ...workspaceHeaders() } })
      if (!answer.ok) throw protocolError(answer.status, await answer.json().catch(() => null))
      download(path.split('/').at(-1) ?? path, 'application/octet-stream', await answer.blob())
    },
  })
  return (
    <>
      <FormFailure error={fetched.error} />
      <a
        className="link"
        href={href}
        download
        onClick={(event) => {
          if (chosenWorkspace() === defaultWorkspace) return
          event.preventDefault()
          fetched.mutate()
        }}
      >
        download
        <span className="visually-hidden"> {path}</span>
      </a>
    </>
  )
}
