import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { analyzeQuery } from '../../../../src/hunting/query/analysis/analyze-query.ts'

const samples = new URL('../../../../../shared/samples/hunting-queries.jsonl', import.meta.url)

/** The objections that were looked at and found right, by a part of the file name they stand in. */
const refusals = [
  // A comment that begins with "#", and a statement before it that no semicolon ends.
  { origin: 'CVE-2021-36934 usage detection', kinds: ['syntax'] },
  // The documented column is Isp.
  { origin: 'Device Logons from Unknown IPs', kinds: ['unknown-name'] },
  // count() takes a condition or nothing, and is given a dynamic value.
  { origin: 'Check for multiple signs of ransomware activity', kinds: ['semantic'] },
]

test.skipIf(!existsSync(samples))(
  'published hunting queries are accepted but for three with real mistakes',
  { timeout: 120_000 },
  () => {
    const found = readFileSync(samples, 'utf8')
      .trim()
      .split('\n')
      .map(line => z.object({ origin: z.string(), query: z.string() }).parse(JSON.parse(line)))
      .map(({ origin, query }) => ({ origin, analysis: analyzeQuery(query) }))

    const refused = found.filter(({ analysis }) => !analysis.ok)

    expect(found).toHaveLength(101)
    expect(refused).toHaveLength(refusals.length)
    for (const [index, { origin, kinds }] of refusals.entries()) {
      expect(refused[index]?.origin).toContain(origin)
      expect(refused[index]?.analysis.problems.map(({ kind }) => kind)).toEqual(kinds)
    }
  },
)
