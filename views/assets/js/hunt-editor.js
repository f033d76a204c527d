import { marksOf, placeOf } from './hunt-marks.js'

/** Puts Kusto's own editor in the place of the query's text area, which stays the form's field. */
const holder = document.querySelector('[data-query-editor]')
if (holder) open(holder)

async function open(holder) {
  const text = holder.querySelector('textarea')
  const base = holder.dataset.queryEditor
  const [schema] = await Promise.all([
    fetch(`${base}/schema.json`).then(answer => answer.json()),
    loadScript(`${base}/vs/loader.js`),
  ])
  window.require.config({ paths: { vs: `${base}/vs` } })
  window.require(['vs/editor/editor.main', 'vs/language/kusto/monaco.contribution'], () =>
    start(window.monaco, holder, text, schema),
  )
}

async function start(monaco, holder, text, schema) {
  const { kustoDefaults, getKustoWorker } = monaco.languages.kusto
  kustoDefaults.setLanguageSettings({ ...kustoDefaults.languageSettings, includeControlCommands: false })
  const model = monaco.editor.createModel(text.value, 'kusto')
  model.setEOL(monaco.editor.EndOfLineSequence.LF)
  const place = document.createElement('div')
  place.className = 'query-editor__place'
  holder.append(place)
  const editor = monaco.editor.create(place, {
    model,
    theme: themeName(),
    ariaLabel: 'KQL query. Control and M lets Tab leave the editor.',
    automaticLayout: true,
    fixedOverflowWidgets: true,
    minimap: { enabled: false },
    scrollBeyondLastLine: false,
    fontSize: 14,
    lineNumbersMinChars: 3,
    padding: { top: 10, bottom: 10 },
    placeholder: text.placeholder,
    quickSuggestions: true,
    wordWrap: 'on',
    tabSize: 4,
    overviewRulerLanes: 0,
  })
  text.hidden = true

  keepInStep(model, text)
  typeOverPipe(monaco, editor, model)
  keepMarks(monaco, editor, model, text)
  goToProblems(editor, model)
  followTheme(monaco)
  editor.addAction({
    id: 'run-hunt',
    label: 'Run the hunt',
    keybindings: [monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter],
    contextMenuGroupId: 'navigation',
    run: () => text.form.requestSubmit(),
  })

  const worker = await (await getKustoWorker())(model.uri)
  await worker.setSchema(schema)
  holder.dataset.queryEditorReady = ''
}

/** What is typed goes into the form's field, whose events ask for the check. */
function keepInStep(model, text) {
  model.onDidChangeContent(() => {
    text.value = model.getValue()
    text.dispatchEvent(new Event('input', { bubbles: true }))
  })
}

/** Completing a table begins the next line with a pipe: one that is typed there as well takes its place. */
function typeOverPipe(monaco, editor, model) {
  editor.onDidType(typed => {
    if (typed !== '|') return
    const { lineNumber, column } = editor.getPosition()
    const before = model.getLineContent(lineNumber).slice(0, column - 1)
    const [, indent] = /^(\s*)\|\s*\|$/.exec(before) ?? []
    if (indent === undefined) return
    const range = new monaco.Range(lineNumber, indent.length + 1, lineNumber, column)
    editor.executeEdits('pipe', [{ range, text: '|' }])
  })
}

/**
 * Mistakes are marked as the server found them. The editor's own marks are
 * put away: it reads text after an empty line as another query, which a hunt
 * does not.
 */
function keepMarks(monaco, editor, model, text) {
  const marks = editor.createDecorationsCollection()
  const show = () => marks.set(marksOf(model))
  show()
  new MutationObserver(show).observe(document.getElementById('plan'), {
    childList: true,
    subtree: true,
    attributes: true,
  })
  monaco.editor.onDidChangeMarkers(() => {
    if (monaco.editor.getModelMarkers({ resource: model.uri, owner: 'kusto' }).length > 0)
      monaco.editor.setModelMarkers(model, 'kusto', [])
  })
  if (text.value.trim() !== '') text.dispatchEvent(new Event('input', { bubbles: true }))
}

function goToProblems(editor, model) {
  document.addEventListener('click', event => {
    const link = event.target.closest?.('[data-problem-place]')
    if (!link) return
    event.preventDefault()
    const range = placeOf(model, link.closest('[data-problem]'))
    editor.revealPositionInCenter(range.getStartPosition())
    editor.setSelection(range)
    editor.focus()
  })
}

function followTheme(monaco) {
  const follow = () => monaco.editor.setTheme(themeName())
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', follow)
  new MutationObserver(follow).observe(document.documentElement, { attributeFilter: ['data-theme'] })
}

function themeName() {
  const { theme } = document.documentElement.dataset
  const isDark = theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  return isDark ? 'kusto-dark' : 'kusto-light'
}

function loadScript(source) {
  return new Promise((done, failed) => {
    const script = document.createElement('script')
    script.src = source
    script.addEventListener('load', done)
    script.addEventListener('error', failed)
    document.head.append(script)
  })
}
