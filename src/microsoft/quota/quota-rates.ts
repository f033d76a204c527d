import type { QuotaName } from '../http/types.ts'

/** Calls that a service admits per window, for one tenant. */
type Limit = { calls: number; seconds: number }

/**
 * Microsoft's published rates.
 *
 * @see Microsoft Graph, "Throttling limits"; Defender XDR, "List incidents API";
 *   Defender for Endpoint, "Advanced hunting API" and "Supported APIs, throttling";
 *   no rate is published for Entra's token endpoint, so a cautious one stands here
 */
// biome-ignore format: reads as a table
const limits: Record<Exclude<QuotaName, 'none'>, { limits: Limit[]; sharedWithCustomer: boolean; within?: QuotaName }> = {
  'graph-security':     { limits: [perMinute(150)],                  sharedWithCustomer: false },
  'graph-incidents':    { limits: [perMinute(150)],                  sharedWithCustomer: false },
  'graph-hunting':      { limits: [perMinute(45)],                   sharedWithCustomer: true },
  // Our own bound: looking at devices draws on the hunting rate and leaves half of it to hunts.
  'graph-devices':      { limits: [perMinute(22)],                   sharedWithCustomer: true, within: 'graph-hunting' },
  'defender-incidents': { limits: [perMinute(50), perHour(1500)],    sharedWithCustomer: false },
  'defender-hunting':   { limits: [perMinute(45)],                   sharedWithCustomer: true },
  'endpoint':           { limits: [perMinute(100), perHour(1500)],   sharedWithCustomer: false },
  'endpoint-hunting':   { limits: [perMinute(45), perHour(1500)],    sharedWithCustomer: true },
  'endpoint-package':   { limits: [perMinute(2), perHour(120)],      sharedWithCustomer: false },
  'entra-token':        { limits: [{ calls: 15, seconds: 10 }],      sharedWithCustomer: false },
}

/** A bucket that fills by itself; a call takes one token out. */
export type Rate = {
  /** Part of the stored key. */
  name: string
  capacity: number
  tokensPerSecond: number
}

/**
 * The buckets a call must take from. A bucket may be emptied at once and then
 * refills, so capacity and refill share the window's calls between them: in no
 * window does more get through than the service admits.
 *
 * @param huntingShare part of the hunting rate that is used here (0 to 1); the rest is left to the customer's own analysts
 */
export function ratesOf(name: Exclude<QuotaName, 'none'>, huntingShare: number): Rate[] {
  const { limits: windows, sharedWithCustomer, within = 'none' } = limits[name]
  const outer = within === 'none' ? [] : ratesOf(within, huntingShare)
  const own = windows.map(({ calls, seconds }) => {
    const allowed = sharedWithCustomer ? calls * huntingShare : calls
    const capacity = Math.max(1, Math.floor(allowed / 4))
    return {
      name: `${name}/${seconds}s`,
      capacity,
      tokensPerSecond: Math.max(allowed - capacity, allowed / 10) / seconds,
    }
  })
  return [...outer, ...own]
}

/** What calls that nobody waits for may take of these, beside counting against them: three quarters. */
export function backgroundRatesOf(rates: readonly Rate[]): Rate[] {
  return rates.map(({ name, capacity, tokensPerSecond }) => ({
    name: `${name}/background`,
    capacity: Math.max(1, Math.floor(capacity * 0.75)),
    tokensPerSecond: tokensPerSecond * 0.75,
  }))
}

function perMinute(calls: number): Limit {
  return { calls, seconds: 60 }
}

function perHour(calls: number): Limit {
  return { calls, seconds: 3600 }
}
