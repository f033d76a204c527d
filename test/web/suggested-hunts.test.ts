import { expect, test } from 'vitest'
import { entityKinds } from '../../src/incidents/entities.ts'
import { suggestedHunt } from '../../src/web/pages/incidents/suggested-hunts.ts'
import { analyzer } from '../helpers/analyzer.ts'

const hostile = 'a"b\\ | take 1 \'c'

test.each(entityKinds.filter(kind => kind !== 'device'))(
  'the hunt for a %s is valid, whatever its value',
  async kind => {
    const href = suggestedHunt(null, { kind, label: hostile, value: hostile })
    const params = new URL(href ?? '', 'http://localhost').searchParams

    const { problems } = await analyzer.analyze(params.get('query') ?? '', { caller: 'test' })

    expect(problems).toEqual([])
    expect(params.get('scope')).toBe('all')
  },
)
