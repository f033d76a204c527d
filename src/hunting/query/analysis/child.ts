import { serveTasks } from '../../../platform/child-pool/serve-tasks.ts'
import type { AnalysisTask } from '../analysis-task.ts'
import { analyzeQuery } from './analyze-query.ts'
import { warmUp } from './language/language.ts'
import { readYaml } from './read-yaml.ts'

/** The program of the processes in which queries are analysed: the only place that loads the query language. */
warmUp()
serveTasks((task, note) => perform(task as AnalysisTask, note))

function perform(task: AnalysisTask, note: (note: unknown) => void): unknown {
  return task.kind === 'read-yaml' ? readYaml(task.text) : analyzeQuery(task.query, note)
}
