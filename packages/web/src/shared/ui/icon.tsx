/** Icons drawn on a 16-px grid with one stroke width, so that they sit together. */
const shapes = {
  loop: 'M8 2.5a5.5 5.5 0 1 1-4.9 3M3 2.2v3.3h3.3',
  data: 'M2.8 4c0-1 2.3-1.8 5.2-1.8S13.200 3 13.200 4 10.900 5.800 8 5.800 2.800 5 2.800 4Zm0 0v8c0 1 2.300 1.800 5.200 1.800s5.200-.800 5.200-1.800V4M2.800 8c0 1 2.300 1.800 5.200 1.800S13.200 9 13.200 8',
  features: 'M2.500 2.500h5.300l5.700 5.700-5.300 5.300-5.700-5.700zM5.500 5.500h.100',
  experiments:
    'M6 2v4L2.700 12a1.200 1.200 0 0 0 1.100 1.800h8.400a1.200 1.200 0 0 0 1.100-1.800L10 6V2M5 2h6M4.500 10h7',
  models:
    'M8 1.800 13.500 5v6L8 14.200 2.500 11V5L8 1.800ZM2.700 5.100 8 8.200l5.300-3.100M8 8.200v5.900',
  pipelines:
    'M4.500 4h2.200c1.300 0 1.300 8 2.600 8h2.200M4.500 4h7M1.500 2.500h3v3h-3zM11.500 2.500h3v3h-3zM11.500 10.500h3v3h-3z',
  endpoints:
    'M8 10.500V14M5 14h6M4.500 2.500h7a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1ZM6 6.500h4',
  monitors: 'M1.800 8h2.900l1.900-5 2.800 10 1.900-5h2.900',
  governance:
    'M8 1.800 13 3.600v4c0 3-2 5.300-5 6.600-3-1.300-5-3.600-5-6.600v-4L8 1.800ZM5.700 7.900l1.700 1.700 3-3.200',
  settings: 'M2 4.500h7M12 4.500h2M2 11.500h2M7 11.500h7M9 3h3v3H9zM4 10h3v3H4z',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.700 10.700 14 14',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1.100 1.100M11.900 11.900 13 13M3 13l1.100-1.100M11.900 4.100 13 3',
  moon: 'M13.500 9.500A5.700 5.700 0 0 1 6.500 2.500a5.700 5.700 0 1 0 7 7Z',
  system: 'M2.500 3h11v7.500h-11zM6 13.500h4M8 10.500v3',
  help: 'M8 14.200A6.200 6.200 0 1 0 8 1.800a6.200 6.200 0 0 0 0 12.400ZM6.200 6.300a1.800 1.800 0 1 1 2.600 1.600c-.600.300-.800.600-.800 1.300M8 11.400v.100',
  ok: 'M3.500 8.500 6.500 11.500 12.500 5',
  failed: 'M4.500 4.500l7 7M11.500 4.500l-7 7',
  attention: 'M8 3.500v5.500M8 12v.200',
  busy: 'M8 2.500a5.500 5.500 0 1 1-5.500 5.500',
  waiting: 'M4.500 8h.100M8 8h.100M11.500 8h.100',
  cached: 'M9 1.800 3.500 9H8l-1 5.200L12.500 7H8l1-5.200Z',
  cancelled: 'M4 4h8v8H4z',
  skipped: 'M3.500 4v8l5-4-5-4ZM9 4v8l4.500-4L9 4Z',
  paused: 'M5.500 3.500v9M10.500 3.500v9',
  frozen:
    'M8 1.800v12.400M2.600 4.900l10.800 6.200M13.400 4.900 2.600 11.100M6.500 2.800 8 4.300l1.500-1.500M6.500 13.200 8 11.700l1.500 1.500',
  copy: 'M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3',
  table: 'M2.500 3h11v10h-11zM2.500 6.500h11M6.500 6.500V13',
  download: 'M8 2v8M4.800 7 8 10.200 11.200 7M2.500 13.500h11',
  arrow: 'M3 8h10M9 4l4 4-4 4',
  chevron: 'M4 6l4 4 4-4',
  deployment:
    'M8 1.800c2.500 1.800 3.500 4.300 3.500 7l-1.500 2H6l-1.500-2c0-2.700 1-5.200 3.500-7ZM8 7.300v.100M6.500 12.500 8 14.500l1.500-2',
  feedback: 'M2.500 3h11v8H8l-3 2.800V11H2.500z',
  evaluation: 'M8 2.500v11M3 5h10M3 5 1.500 9.500h3L3 5ZM13 5l-1.500 4.500h3L13 5ZM5.500 13.500h5',
  trigger: 'M8 14a5 5 0 0 0 5-5V6.500M3 6.500V9a5 5 0 0 0 5 5M8 2v7M5.500 4.500 8 2l2.500 2.500',
  training: 'M2 13.500h12M4 13.500V9M8 13.500v-11M12 13.500V6',
  menu: 'M2.500 4.500h11M2.500 8h11M2.500 11.500h11',
} as const

export type IconName = keyof typeof shapes

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={shapes[name]} />
    </svg>
  )
}
export const iconPath = (name: IconName): string => shapes[name]
