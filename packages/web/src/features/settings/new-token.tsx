import { type Endpoint, type Role, roles, type TokenView } from '@kaizen/contracts'
import { useState } from 'react'
import { useAct } from '../../shared/api/use-act.ts'
import { ChoiceField, Form, FormFailure, SecretOnce, TextField } from '../../shared/ui/form.tsx'
import { useServerNow } from '../../shared/ui/server-clock.ts'
import { type Lifetime, lifetimes, lifetimesMs } from './lifetimes.ts'

interface Body {
  readonly name: string
  readonly role: Role
  readonly expiresAt: number | null
}

/** Makes a token and shows its secret once; `withRole` for service accounts, which act by a role of their own. */
export function NewToken({
  create: make,
  stale,
  withRole = false,
}: {
  readonly create: (body: Body) => Promise<TokenView & { readonly secret: string }>
  readonly stale: readonly Endpoint[]
  readonly withRole?: boolean
}) {
  const now = useServerNow()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [lifetime, setLifetime] = useState<Lifetime>('90 days')
  const create = useAct(async () => {
    const ms = lifetimesMs[lifetime]
    const made = await make({ name, role, expiresAt: ms === null ? null : now + ms })
    setName('')
    return made
  }, stale)
  return (
    <>
      <Form label="Create a token" onSubmit={() => create.mutate()}>
        <TextField label="Name" placeholder="what will use it" value={name} onChange={setName} />
        {withRole && <ChoiceField label="Role" value={role} choices={roles} onChange={setRole} />}
        <ChoiceField label="Ends" value={lifetime} choices={lifetimes} onChange={setLifetime} />
        <button
          type="submit"
          className="button primary"
          disabled={name.trim() === '' || name.length > 250 || create.isPending}
        >
          Create token
        </button>
        <FormFailure error={create.error} />
      </Form>
      {create.data && <SecretOnce secret={create.data.secret} />}
    </>
  )
}
