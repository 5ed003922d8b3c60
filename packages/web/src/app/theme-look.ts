import type { IconName } from '../shared/ui/icon.tsx'
import type { Theme } from './theme.ts'

/** How each theme is called and drawn where it is chosen. */
export const look: Readonly<Record<Theme, { readonly label: string; readonly icon: IconName }>> = {
  system: { label: 'As the system', icon: 'system' },
  light: { label: 'Light', icon: 'sun' },
  dark: { label: 'Dark', icon: 'moon' },
}
