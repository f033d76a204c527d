/** What a person sees and where they are: one page after all redirects within the simulator. */
export type Page = {
  status: number
  /** where the application would be called, when the last answer left the simulator */
  location: URL | undefined
  text: string
  url: string
}

/**
 * A browser without scripts: keeps cookies, follows redirects inside the
 * simulator, presses buttons by their name.
 */
export class Browser {
  readonly #origin: string
  readonly #cookies = new Map<string, string>()

  constructor(origin: string) {
    this.#origin = origin
  }

  open(address: string): Promise<Page> {
    return this.#send(new URL(address, this.#origin).href)
  }

  /** Submits the form whose button has this text, with that form's hidden fields. */
  press(page: Page, button: string, fields: Record<string, string> = {}): Promise<Page> {
    const forms = page.text.match(/<form[\s\S]*?<\/form>/g) ?? []
    const form = forms.find(each => buttonTexts(each).some(({ text }) => text === button))
    if (!form) throw new Error(`There is no button "${button}" on:\n${page.text}`)
    const body = new URLSearchParams(fields)
    for (const [, name, value] of form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
      body.set(decodeEntities(name), decodeEntities(value))
    }
    const pressed = buttonTexts(form).find(({ text }) => text === button)
    if (pressed?.name) body.set(pressed.name, pressed.value)
    const action = decodeEntities(form.match(/action="([^"]*)"/)?.[1])
    return this.#send(new URL(action, page.url).href, body)
  }

  async #send(url: string, body?: URLSearchParams): Promise<Page> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...this.#cookies].map(pair => pair.join('=')).join('; ') },
      ...(body && { method: 'POST', body }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = line.match(/^([^=]+)=([^;]*)/) ?? []
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    const header = response.headers.get('location')
    const location = header === null ? undefined : new URL(header, url)
    if (location?.origin === this.#origin) return this.#send(location.href)
    return { status: response.status, location, text: await response.text(), url }
  }
}

function buttonTexts(form: string) {
  return [...form.matchAll(/<button([^>]*)>([\s\S]*?)<\/button>/g)].map(([, attributes = '', text]) => ({
    text: decodeEntities(text),
    name: attributes.match(/name="([^"]*)"/)?.[1],
    value: attributes.match(/value="([^"]*)"/)?.[1] ?? '',
  }))
}

function decodeEntities(text = ''): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim()
}
