/** The problems that the check listed on the page, as marks for the editor. */
export function marksOf(monaco, model) {
  return [...document.querySelectorAll('[data-problem]')].map(problem => ({
    ...rangeOf(model, problem),
    message: problem.dataset.message,
    severity:
      problem.dataset.severity === 'error' ? monaco.MarkerSeverity.Error : monaco.MarkerSeverity.Warning,
  }))
}

/** Where one problem is. */
export function placeOf(model, problem) {
  return model.validateRange(rangeOf(model, problem))
}

/** At least one character wide, so that there is something to see at the end of a line. */
function rangeOf(model, { dataset }) {
  const start = Number(dataset.start)
  const from = model.getPositionAt(start)
  const to = model.getPositionAt(start + Math.max(1, Number(dataset.length)))
  return {
    startLineNumber: from.lineNumber,
    startColumn: from.column,
    endLineNumber: to.lineNumber,
    endColumn: to.column,
  }
}
