import type { AlertComment, AlertView, DeliveryView } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { usePages } from '../../../shared/api/use-pages.ts'
import { formatNumber } from '../../../shared/format/number.ts'
import { formatSpan } from '../../../shared/format/time.ts'
import { paths } from '../../../shared/paths.ts'
import { Form, FormFailure, TextField } from '../../../shared/ui/form.tsx'
import { Link } from '../../../shared/ui/link.tsx'
import { Facts, Section } from '../../../shared/ui/page.tsx'
import { Loaded } from '../../../shared/ui/state.tsx'
import { Status } from '../../../shared/ui/status.tsx'
import { When } from '../../../shared/ui/when.tsx'
import { alertQuery, commentsQuery } from '../api.ts'
import { useChanges } from './use-changes.ts'

/** One alert: what it is about, what can be done, what was said, and who was told. */
export function AlertDetail(props: {
  readonly id: string
  readonly me: string
  readonly onClose: () => void
}) {
  const query = useQuery(alertQuery(props.id))
  return (
    <Section
      title={query.data?.rule ?? 'Alert'}
      aside={
        <button type="button" className="button small quiet" onClick={props.onClose}>
          Close
        </button>
      }
    >
      <Loaded query={query}>
        {(alert) => (
          <div className="alert-detail">
            <p>{alert.message}</p>
            <AlertFacts alert={alert} />
            <Actions alert={alert} me={props.me} />
            <Comments id={alert.id} />
            <Told deliveries={alert.deliveries} />
          </div>
        )}
      </Loaded>
    </Section>
  )
}

const AlertFacts = ({ alert }: { readonly alert: AlertView }) => (
  <Facts
    facts={[
      { label: 'State', value: <Status state={alert.state} /> },
      { label: 'Severity', value: <Status state={alert.severity} /> },
      {
        label: 'Monitor',
        value: <Link href={paths.monitor(alert.monitor)}>{alert.monitor}</Link>,
      },
      { label: 'Metric', value: alert.metric },
      { label: 'Value', value: formatNumber(alert.value) },
      { label: 'Bound', value: formatNumber(alert.threshold) },
      { label: 'Opened', value: <When at={alert.openedAt} full /> },
      ...(alert.resolvedAt === null
        ? []
        : [{ label: 'Resolved', value: <When at={alert.resolvedAt} full /> }]),
      { label: 'Window', value: formatSpan(alert.windowFrom, alert.windowTo) },
      { label: 'Looked after by', value: alert.assignee ?? 'nobody' },
      ...(alert.acknowledgedBy === null
        ? []
        : [{ label: 'Acknowledged by', value: alert.acknowledgedBy }]),
      ...(alert.note === '' ? [] : [{ label: 'Note', value: alert.note }]),
    ]}
  />
)

function Actions({ alert, me }: { readonly alert: AlertView; readonly me: string }) {
  const changes = useChanges()
  const mine = alert.assignee === me
  const ids = [alert.id]
  return (
    <div className="alert-actions">
      {alert.state === 'open' && (
        <button
          type="button"
          className="button small"
          disabled={changes.isPending}
          onClick={() => changes.mutate({ ids, change: { kind: 'acknowledge' } })}
        >
          Acknowledge
        </button>
      )}
      {alert.state !== 'resolved' && (
        <button
          type="button"
          className="button small"
          disabled={changes.isPending}
          onClick={() => changes.mutate({ ids, change: { kind: 'resolve' } })}
        >
          Resolve
        </button>
      )}
      <button
        type="button"
        className="button small"
        disabled={changes.isPending}
        onClick={() =>
          changes.mutate({ ids, change: { kind: 'assign', assignee: mine ? null : me } })
        }
      >
        {mine ? 'Give it back' : 'Assign to me'}
      </button>
      <Link className="button small quiet" href={paths.causes(alert.monitor, alert.windowTo)}>
        Causes
      </Link>
      <FormFailure error={changes.error} />
    </div>
  )
}

function Comments({ id }: { readonly id: string }) {
  const { query, rows, onEnd } = usePages(commentsQuery(id))
  const [text, setText] = useState('')
  const changes = useChanges()
  return (
    <section aria-label="Comments">
      <h3>Comments</h3>
      <Loaded query={query}>
        {() => (
          <ol className="comments">
            {rows.map((comment) => (
              <Comment key={comment.id} comment={comment} />
            ))}
          </ol>
        )}
      </Loaded>
      {query.hasNextPage && (
        <button type="button" className="button small" onClick={onEnd}>
          More comments
        </button>
      )}
      <Form
        label="Comment"
        onSubmit={() => {
          if (text.trim() === '') return
          changes.mutate(
            { ids: [id], change: { kind: 'comment', text } },
            { onSuccess: () => setText('') },
          )
        }}
      >
        <TextField label="Say something" value={text} onChange={setText} />
        <button type="submit" className="button" disabled={changes.isPending || text.trim() === ''}>
          Comment
        </button>
        <FormFailure error={changes.error} />
      </Form>
    </section>
  )
}

const Comment = ({ comment }: { readonly comment: AlertComment }) => (
  <li>
    <span className="soft">
      <b>{comment.author}</b> · <When at={comment.at} />
    </span>
    <p>{comment.text}</p>
  </li>
)

const Told = ({ deliveries }: { readonly deliveries: readonly DeliveryView[] }) => (
  <section aria-label="Who was told">
    <h3>Who was told</h3>
    {deliveries.length === 0 ? (
      <p className="faint">Nobody: no channel wants to hear of it.</p>
    ) : (
      <ol className="comments">
        {deliveries.map((one) => (
          <li key={one.id}>
            <Status state={one.state} label={`${one.state}: ${one.channel}, ${one.event}`} />
            {one.error !== null && <p className="soft">{one.error}</p>}
          </li>
        ))}
      </ol>
    )}
  </section>
)
