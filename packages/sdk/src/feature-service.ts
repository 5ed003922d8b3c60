import type { FeatureServiceDeclaration, ServiceView } from '@kaizen/contracts'
import { type Described, describedBy, type FeatureView } from './features.ts'
import type { OnDemandView } from './on-demand.ts'

/** All features of a view, or some of them, perhaps under another name and by other columns. */
export interface SelectedFeatures<Names extends string = string> {
  readonly view: FeatureView<Names>
  readonly features?: readonly Names[]
  readonly as?: string
  /** Which column is which join key: `{ customer_id: 'buyer' }`. */
  readonly keys?: Readonly<Record<string, string>>
}

/** Some features of an on-demand view, perhaps under another name. */
export interface SelectedOnDemand {
  readonly view: OnDemandView
  readonly features?: readonly string[]
  readonly as?: string
}

export interface FeatureServiceOptions extends Described {
  readonly views: readonly (FeatureView | SelectedFeatures | OnDemandView | SelectedOnDemand)[]
}

export interface FeatureService {
  readonly kind: 'feature-service'
  readonly name: string
  readonly views: readonly FeatureView[]
  readonly onDemandViews: readonly OnDemandView[]
  readonly declaration: FeatureServiceDeclaration
}

/** Some features of a view, for a feature service; names that the view does not have do not compile. */
export const selectFeatures = <const Names extends string>(
  view: FeatureView<Names>,
  options: Omit<SelectedFeatures<Names>, 'view'> = {},
): SelectedFeatures => ({ view: view as unknown as FeatureView, ...options }) as SelectedFeatures

/** Declares a feature service: the features that a model takes, under one name. */
export function featureService(name: string, options: FeatureServiceOptions): FeatureService {
  const selected = options.views.map((one): SelectedFeatures | SelectedOnDemand =>
    'kind' in one ? ({ view: one } as SelectedFeatures | SelectedOnDemand) : one,
  )
  const views = selected.map(({ view }) => view)
  return {
    kind: 'feature-service',
    name,
    views: views.filter((view) => view.kind === 'feature-view'),
    onDemandViews: views.filter((view) => view.kind === 'on-demand-view'),
    declaration: {
      ...describedBy(name, options),
      views: selected.map((one): ServiceView => {
        const { view, features, as } = one
        return {
          view: view.name,
          ...(as === undefined ? {} : { as }),
          ...('keys' in one && one.keys !== undefined ? { keys: { ...one.keys } } : {}),
          ...(features === undefined ? {} : { features: [...features] }),
        }
      }),
    },
  }
}
