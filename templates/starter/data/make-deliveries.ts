/** Makes `deliveries.csv` anew: `node data/make-deliveries.ts`. The same rows each time. */
import { writeFileSync } from 'node:fs'

const days = 120
const firstDay = Date.UTC(2025, 0, 1)
const hours = { from: 10, to: 22 }
const vehicles = { bike: 3.6, scooter: 2.4, car: 2.9 } as const

/** Park and Miller's minimal standard generator: uniform on (0, 1). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

const random = generator(20_250_101)
const names = Object.keys(vehicles) as (keyof typeof vehicles)[]
const rows = ['ordered_at,weekday,hour,distance_km,items,rain,vehicle,minutes']
for (let day = 0; day < days; day++) {
  const rain = random() < 0.3 ? 1 : 0
  for (let hour = hours.from; hour < hours.to; hour++) {
    const at = new Date(firstDay + (day * 24 + hour) * 3_600_000)
    const distance = 0.5 + 7 * random() * random()
    const items = 1 + Math.floor(random() * 6)
    const vehicle = names[Math.floor(random() * names.length)] ?? 'bike'
    const rush = hour >= 18 && hour <= 20 ? 1.35 : 1
    const ride = distance * vehicles[vehicle] * rush * (rain && vehicle !== 'car' ? 1.3 : 1)
    const noise = (random() + random() + random() - 1.5) * 4
    const minutes = Math.max(4, 8 + 0.9 * items + ride + noise)
    rows.push(
      [
        at.toISOString().slice(0, 19),
        at.getUTCDay(),
        hour,
        distance.toFixed(2),
        items,
        rain,
        vehicle,
        minutes.toFixed(1),
      ].join(','),
    )
  }
}
writeFileSync(new URL('deliveries.csv', import.meta.url), `${rows.join('\n')}\n`)
