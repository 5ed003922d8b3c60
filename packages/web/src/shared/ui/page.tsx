import { type ReactNode, useEffect, useRef } from 'react'
import { Link } from './link.tsx'
import './page.css'

interface PageProps {
  readonly title: string
  readonly crumbs?: readonly { readonly label: string; readonly href: string }[]
  readonly badges?: ReactNode
  readonly subtitle?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** Head and body of a page: where one is, what it is called, what can be done. */
export function Page({ title, crumbs, badges, subtitle, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Kaizen`
  }, [title])
  return (
    <article className="page">
      <header className="page-head">
        {crumbs && crumbs.length > 0 && (
          <nav aria-label="Breadcrumb" className="crumbs">
            {crumbs.map((crumb) => (
              <Link key={crumb.href} href={crumb.href}>
                {crumb.label}
              </Link>
            ))}
          </nav>
        )}
        <div className="page-title">
          <h1>{title}</h1>
          {badges}
          {actions && <div className="page-actions">{actions}</div>}
        </div>
        {subtitle && <div className="page-subtitle">{subtitle}</div>}
      </header>
      {children}
    </article>
  )
}

interface SectionProps {
  readonly title: string
  readonly aside?: ReactNode
  readonly plain?: boolean
  readonly children: ReactNode
}

/** A titled part of a page on its own surface; `plain` without the surface. */
export function Section({ title, aside, plain = false, children }: SectionProps) {
  return (
    <section className={plain ? 'section section-plain' : 'section'}>
      <header className="section-head">
        <h2>{title}</h2>
        {aside && <div className="section-aside">{aside}</div>}
      </header>
      {children}
    </section>
  )
}

export interface Fact {
  readonly label: string
  readonly value: ReactNode
}

/** Facts about one object in columns: label above, value below. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map((fact) => (
        <div key={fact.label}>
          <dt>{fact.label}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  )
}

export interface TabItem {
  readonly id: string
  readonly label: string
  readonly count?: number | null
}

/** Parts of a page that share its head; the chosen one stands in the address. */
export function Tabs({
  items,
  active,
  onSelect,
}: {
  readonly items: readonly TabItem[]
  readonly active: string
  readonly onSelect: (id: string) => void
}) {
  const bar = useRef<HTMLElement>(null)
  // On a narrow screen the bar scrolls, and the part that is shown may be beyond its edge.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another part is another place in the bar
  useEffect(() => {
    bar.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' })
  }, [active])
  return (
    <nav className="tabs" aria-label="Parts of this page" ref={bar}>
      {items.map((item) => (
        <button
          key={item.id}
          type="button"
          aria-current={item.id === active ? 'page' : undefined}
          onClick={() => onSelect(item.id)}
        >
          {item.label}
          {item.count !== undefined && item.count !== null && (
            <span className="tab-count">{item.count.toLocaleString('en-GB')}</span>
          )}
        </button>
      ))}
    </nav>
  )
}
