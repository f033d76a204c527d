import { parseAllDocuments } from 'yaml'
import { maxYamlDocuments, type YamlDocument } from '../analysis-task.ts'

/**
 * The values of a text of YAML documents. Aliases are refused: a few lines of
 * them can stand for gigabytes, and no query needs one.
 *
 * @see YAML 1.2.2, section 7.1, "Alias Nodes"
 */
export function readYaml(text: string): YamlDocument[] {
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent', merge: false })
    if ('empty' in documents) return []
    return documents.slice(0, maxYamlDocuments + 1).map(document => {
      const [error] = document.errors
      if (error) return { problem: firstLine(error.message) }
      try {
        return { value: document.toJS({ maxAliasCount: 0 }) }
      } catch (error) {
        return { problem: error instanceof Error ? firstLine(error.message) : String(error) }
      }
    })
  } catch (error) {
    if (error instanceof RangeError) return [{ problem: 'it is nested too deeply' }]
    throw error
  }
}

/** Below the first line the library shows the text itself. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/:$/, '')
}
