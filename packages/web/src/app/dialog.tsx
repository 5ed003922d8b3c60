import { type ReactNode, useEffect, useRef } from 'react'
import './dialog.css'

/** A modal dialog of the browser: focus stays inside, Escape and a click beside it close it. */
export function Dialog(props: {
  readonly label: string
  readonly className: string
  readonly onClose: () => void
  readonly children: ReactNode
}) {
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => element.current?.showModal(), [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a modal dialog by itself
    <dialog
      ref={element}
      aria-label={props.label}
      className={`dialog ${props.className}`}
      onClose={props.onClose}
      onClick={(event) => {
        if (event.target === element.current) element.current.close()
      }}
    >
      <div className="dialog-body">{props.children}</div>
    </dialog>
  )
}
