import type { KqlResult } from '../../kql/types.ts'

/** What the query cost, in the shape that comes before the schema. */
export function costHead(result: KqlResult, seconds: number): string {
  const cpu = `00:00:${seconds.toFixed(7).padStart(10, '0')}`
  const stats = {
    ExecutionTime: Number(seconds.toFixed(6)),
    resource_usage: {
      cache: {
        memory: { hits: result.rows.length, misses: 0, total: result.rows.length },
        disk: { hits: 0, misses: 0, total: 0 },
      },
      cpu: { user: cpu, kernel: '00:00:00', 'total cpu': cpu },
      memory: { peak_per_node: 68_022_512 },
    },
    dataset_statistics: [
      { table_row_count: result.rows.length, table_size: result.rows.length * result.columns.length * 24 },
    ],
  }
  return `"Stats":${JSON.stringify(stats)},`
}
