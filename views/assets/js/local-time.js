const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })

/** Pages show UTC; pointing at a time, or focusing near it, gives it in the reader's own zone too. */
export function showLocalTimes() {
  for (const event of ['pointerover', 'focusin']) {
    document.addEventListener(event, ({ target }) => {
      const time = target.closest?.('time[datetime]')
      if (!time || time.dataset.local) return

      const moment = new Date(time.dateTime)
      if (Number.isNaN(moment.getTime())) return
      time.dataset.local = 'yes'
      time.title = `${time.title ? `${time.title}\n` : ''}${format.format(moment)}`
    })
  }
}
