import { Popover } from 'radix-ui'
import { useId, useState } from 'react'
import { Icon } from '../../shared/ui/icon.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { readViews, type SavedView, viewHref, viewOf, withoutView, withView } from './views.ts'
import './compare/compare.css'

/** Named states of this table, kept in this browser; each is a link that can be given away. */
export function SavedViews(props: {
  readonly experimentId: string
  readonly search: Readonly<Record<string, unknown>>
}) {
  const { experimentId } = props
  const key = `kaizen.views.${experimentId}`
  const [views, setViews] = useState(() => readViews(localStorage.getItem(key)))
  const [name, setName] = useState('')
  const [full, setFull] = useState(false)
  const nameId = useId()
  const keep = (next: readonly SavedView[]) => {
    setViews(next)
    try {
      localStorage.setItem(key, JSON.stringify(next))
      setFull(false)
    } catch {
      // A browser may refuse to keep anything; the view then lasts as long as the page.
      setFull(true)
    }
  }
  return (
    <Popover.Root>
      <Popover.Trigger className="button">
        Views
        <span className="faint">{views.length}</span>
        <Icon name="chevron" size={12} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="menu-panel views"
          align="end"
          sideOffset={6}
          aria-label="Saved views"
        >
          {views.length === 0 && <p className="faint">No view is saved in this browser yet.</p>}
          <ul>
            {views.map((view) => (
              <li key={view.name}>
                <Link className="menu-item" href={viewHref(experimentId, view)}>
                  {view.name}
                </Link>
                <button
                  type="button"
                  className="tool-button"
                  aria-label={`Forget the view ${view.name}`}
                  onClick={() => keep(withoutView(views, view.name))}
                >
                  <Icon name="failed" size={12} />
                </button>
              </li>
            ))}
          </ul>
          <form
            onSubmit={(event) => {
              event.preventDefault()
              if (name.trim() === '') return
              keep(withView(views, viewOf(name, props.search)))
              setName('')
            }}
          >
            <label className="visually-hidden" htmlFor={nameId}>
              Name of the view
            </label>
            <input
              id={nameId}
              className="field"
              placeholder="Name what is shown"
              maxLength={80}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
            <button type="submit" className="button" disabled={name.trim() === ''}>
              Save
            </button>
          </form>
          {full && <p role="alert">This browser keeps nothing: the view ends with the page.</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
