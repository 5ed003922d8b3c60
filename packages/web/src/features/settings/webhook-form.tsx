import { type MlflowWebhook, webhookEvents } from '@kaizen/contracts'
import { useState } from 'react'
import { Form, FormFailure, TextField } from '../../shared/ui/form.tsx'

const allEvents = Object.entries(webhookEvents).flatMap(([entity, actions]) =>
  actions.map((action) => ({ name: `${entity}.${action}`, entity, action })),
)

interface WebhookBody {
  readonly name: string
  readonly url: string
  readonly events: { readonly entity: string; readonly action: string }[]
  readonly description: string
  readonly secret?: string
}

/** Name, address, secret and events of a webhook; the secret that it has stays where none is typed. */
export function WebhookForm({
  webhook,
  save,
  act,
  onSave,
}: {
  readonly webhook?: MlflowWebhook
  readonly save: string
  readonly act: { readonly isPending: boolean; readonly error: unknown }
  readonly onSave: (body: WebhookBody) => void
}) {
  const [name, setName] = useState(webhook?.name ?? '')
  const [url, setUrl] = useState(webhook?.url ?? '')
  const [description, setDescription] = useState(webhook?.description ?? '')
  const [secret, setSecret] = useState('')
  const [events, setEvents] = useState<ReadonlySet<string>>(
    () => new Set(webhook?.events.map(({ entity, action }) => `${entity}.${action}`)),
  )
  const urlProblem = url === '' || URL.canParse(url) ? null : 'it is not an address'
  const toggle = (event: string, on: boolean) => {
    const next = new Set(events)
    if (on) next.add(event)
    else next.delete(event)
    setEvents(next)
  }
  return (
    <Form
      label={save}
      onSubmit={() =>
        onSave({
          name,
          url,
          description,
          events: allEvents
            .filter((event) => events.has(event.name))
            .map(({ entity, action }) => ({ entity, action })),
          ...(secret === '' ? {} : { secret }),
        })
      }
    >
      <TextField label="Name" value={name} onChange={setName} />
      <TextField
        label="Address"
        type="url"
        placeholder="https://"
        value={url}
        problem={urlProblem}
        onChange={setUrl}
      />
      <TextField label="What it is for" value={description} onChange={setDescription} />
      <TextField
        label="Secret that it signs with"
        type="password"
        autoComplete="new-password"
        placeholder={webhook ? 'stays as it is' : 'none: not signed'}
        value={secret}
        onChange={setSecret}
      />
      <fieldset>
        <legend>Events</legend>
        {allEvents.map((event) => (
          <label key={event.name} className="check">
            <input
              type="checkbox"
              checked={events.has(event.name)}
              onChange={(change) => toggle(event.name, change.target.checked)}
            />
            {event.name}
          </label>
        ))}
      </fieldset>
      <button
        type="submit"
        className="button primary"
        disabled={
          name === '' || url === '' || urlProblem !== null || events.size === 0 || act.isPending
        }
      >
        {save}
      </button>
      <FormFailure error={act.error} />
    </Form>
  )
}
