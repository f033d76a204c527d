import { analyzeQuery } from '../../../hunting/kql/analyze-query.ts'

export function planView(query: string, asked: number) {
  const analysis = analyzeQuery(query)
  return { ...analysis, isEmpty: query.trim() === '', asked, answering: asked, cannot: [], cost: [] }
}
