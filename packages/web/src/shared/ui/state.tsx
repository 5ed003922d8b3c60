import type { UseQueryResult } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { describeFailure } from '../api/failure.ts'
import { Command } from './command.tsx'
import { Icon, type IconName } from './icon.tsx'
import './state.css'

interface StateProps {
  readonly icon: IconName
  readonly title: string
  readonly children?: ReactNode
  readonly command?: string
  readonly tone?: 'waiting' | 'failed' | 'attention'
}

/** A place without content that says what it is and what leads on. */
export function State({ icon, title, children, command, tone = 'waiting' }: StateProps) {
  return (
    <div className={`state tone-${tone}`} role={tone === 'failed' ? 'alert' : undefined}>
      <span className="state-icon">
        <Icon name={icon} size={20} />
      </span>
      <p className="state-title">{title}</p>
      {children && <div className="state-text">{children}</div>}
      {command && <Command text={command} />}
    </div>
  )
}

/** A failed, forbidden, missing or unreachable part, with a way to try again. */
export function FailureState({
  error,
  retry,
}: {
  readonly error: unknown
  readonly retry?: () => void
}) {
  const failure = describeFailure(error)
  const icon =
    failure.kind === 'missing' ? 'search' : failure.kind === 'forbidden' ? 'governance' : 'failed'
  return (
    <State
      icon={icon}
      tone={
        failure.kind === 'missing'
          ? 'waiting'
          : failure.kind === 'forbidden'
            ? 'attention'
            : 'failed'
      }
      title={failure.title}
      command={failure.command}
    >
      <p>{failure.message}</p>
      {failure.hint && <p>{failure.hint}</p>}
      {failure.requestId && <p className="mono small">request {failure.requestId}</p>}
      {retry && failure.kind !== 'missing' && (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </State>
  )
}

interface LoadedProps<T> {
  readonly query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>
  readonly skeleton?: ReactNode
  readonly children: (data: T) => ReactNode
}

/** Content of a query, or its skeleton, or why it failed. What was loaded stays when a refresh fails. */
export function Loaded<T>({ query, skeleton, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <FailureState error={query.error} retry={() => void query.refetch()} />
  return skeleton ?? <Skeleton lines={6} />
}

/** Grey lines that keep the layout; not shown before 200 ms, since most answers are faster. */
export function Skeleton({ lines, height }: { readonly lines?: number; readonly height?: number }) {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 200)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className={`skeleton ${late ? 'skeleton-late' : ''}`} aria-busy="true">
      <span className="visually-hidden">Loading</span>
      {height === undefined ? (
        Array.from({ length: lines ?? 4 }, (_, line) => line).map((line) => (
          <i key={line} data-line={line % 4} />
        ))
      ) : (
        <i style={{ height }} />
      )}
    </div>
  )
}
