/**
 * The problems that the check listed on the page, as decorations of the
 * text. Not as Monaco's markers: Kusto's language service takes away every
 * marker's squiggle whenever it looks at the text itself.
 */
export function marksOf(model) {
  return [...document.querySelectorAll('[data-problem]')].map(problem => ({
    range: placeOf(model, problem),
    options: {
      inlineClassName: `query-editor__mark query-editor__mark--${problem.dataset.severity}`,
      hoverMessage: { value: escapeMarkdown(problem.dataset.message) },
      stickiness: 1,
    },
  }))
}

/** Where one problem is: at least one character, so that there is something to see at the end of a line. */
export function placeOf(model, problem) {
  const start = Number(problem.dataset.start)
  const from = model.getPositionAt(start)
  const to = model.getPositionAt(start + Math.max(1, Number(problem.dataset.length)))
  const isEmpty = from.equals(to) || (to.lineNumber > from.lineNumber && isAtEnd(model, from))
  return model.validateRange({
    startLineNumber: from.lineNumber,
    startColumn: isEmpty ? Math.max(1, from.column - 1) : from.column,
    endLineNumber: isEmpty ? from.lineNumber : to.lineNumber,
    endColumn: isEmpty ? from.column : to.column,
  })
}

function isAtEnd(model, { lineNumber, column }) {
  return column === model.getLineMaxColumn(lineNumber)
}

function escapeMarkdown(text) {
  return text.replaceAll(/[\\`*_{}[\]()#+\-.!|<>~]/g, '\\$&')
}
