import { type HTMLAttributes, type ReactNode, useId, useState } from 'react'
import { describeFailure } from '../api/failure.ts'
import { Icon } from './icon.tsx'
import './form.css'

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}

interface TextFieldProps extends FieldProps {
  readonly type?: 'text' | 'password' | 'url' | 'date'
  readonly placeholder?: string
  readonly autoComplete?: string
  readonly inputMode?: HTMLAttributes<HTMLInputElement>['inputMode']
  /** What is wrong with the value; said beside the field, and to readers that do not see it. */
  readonly problem?: string | null
}

/** One line of text with its name above and what is wrong with it below. */
export function TextField({ label, value, onChange, problem, ...rest }: TextFieldProps) {
  const problemId = useId()
  const wrong = problem !== undefined && problem !== null
  return (
    <label>
      {label}
      <input
        className="field"
        type="text"
        autoComplete="off"
        {...rest}
        value={value}
        aria-invalid={wrong}
        aria-describedby={wrong ? problemId : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      {wrong && (
        <span id={problemId} className="form-problem">
          {problem}
        </span>
      )}
    </label>
  )
}

/** One of a few words. */
export function ChoiceField<Choice extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  readonly label: string
  readonly value: Choice
  readonly choices: readonly Choice[]
  readonly onChange: (value: Choice) => void
}) {
  return (
    <label>
      {label}
      <select
        className="field"
        value={value}
        onChange={(event) => onChange(choices.find((one) => one === event.target.value) ?? value)}
      >
        {choices.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  )
}

/** A form in a row that wraps; `onSubmit` is called instead of leaving the page. */
export function Form(props: {
  readonly label: string
  readonly onSubmit: () => void
  readonly children: ReactNode
}) {
  return (
    <form
      className="form"
      aria-label={props.label}
      onSubmit={(event) => {
        event.preventDefault()
        props.onSubmit()
      }}
    >
      {props.children}
    </form>
  )
}

interface Schema {
  safeParse(value: unknown): {
    readonly success: boolean
    readonly error?: { readonly issues: readonly { readonly message: string }[] } | undefined
  }
}

/** What a schema of the server says against a value; null where it is fine or nothing was typed yet. */
export function problemOf(schema: Schema, value: string): string | null {
  if (value === '') return null
  const { success, error } = schema.safeParse(value)
  return success ? null : (error?.issues[0]?.message ?? 'this is not accepted')
}

/** Why what was asked for was not done, and what to do instead. */
export function FormFailure({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined) return null
  const { message, hint } = describeFailure(error)
  return (
    <p className="form-failure" role="alert">
      <Icon name="failed" size={13} /> {message}
      {hint !== null && <span className="soft"> {hint}</span>}
    </p>
  )
}

/** A button that says what it will do, and does it at the second press. */
export function SureButton(props: {
  readonly label: string
  readonly warning: string
  readonly disabled?: boolean
  /** Beside buttons of the usual size, such as those at the end of a form. */
  readonly isLarge?: boolean
  readonly onSure: () => void
}) {
  const [sure, setSure] = useState(false)
  return (
    <button
      type="button"
      className={['button', ...(props.isLarge ? [] : ['small']), ...(sure ? ['danger'] : [])].join(
        ' ',
      )}
      disabled={props.disabled}
      onClick={() => {
        setSure(!sure)
        if (sure) props.onSure()
      }}
      onBlur={() => setSure(false)}
    >
      {sure ? props.warning : props.label}
    </button>
  )
}

/** A secret that the server says once and keeps no copy of. */
export function SecretOnce({ secret }: { readonly secret: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(secret)
    setCopied(true)
  }
  return (
    <div className="secret-once" role="status">
      <span>Copy it now, it is not shown again:</span> <code>{secret}</code>{' '}
      <button type="button" className="button small" onClick={() => void copy()}>
        <Icon name={copied ? 'ok' : 'copy'} size={13} /> {copied ? 'Copied' : 'Copy the secret'}
      </button>
    </div>
  )
}
