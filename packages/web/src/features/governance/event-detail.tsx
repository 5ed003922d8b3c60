import type { AuditEvent } from '@kaizen/contracts'
import { Fields } from '../../shared/ui/fields.tsx'
import { Facts, Section } from '../../shared/ui/page.tsx'
import { When } from '../../shared/ui/when.tsx'
import './governance.css'

/** One event with all its numbers and the hashes that chain it. */
export function EventDetail({
  event,
  onClose,
}: {
  readonly event: AuditEvent
  readonly onClose: () => void
}) {
  return (
    <Section
      title={`Event ${event.seq}`}
      aside={
        <button type="button" className="button small quiet" onClick={onClose}>
          Close
        </button>
      }
    >
      <Facts
        facts={[
          { label: 'Event', value: event.type },
          { label: 'Subject', value: event.subject },
          { label: 'By', value: event.actor },
          { label: 'When', value: <When at={event.at} full /> },
          { label: 'Request', value: event.requestId ?? '–' },
        ]}
      />
      <div className="event-data">
        <Fields value={event.data} />
      </div>
      <dl className="fields hashes">
        <div>
          <dt>previous hash</dt>
          <dd className="mono">{event.previousHash}</dd>
        </div>
        <div>
          <dt>hash</dt>
          <dd className="mono">{event.hash}</dd>
        </div>
      </dl>
    </Section>
  )
}
