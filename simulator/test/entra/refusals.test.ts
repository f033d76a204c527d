import { expect, test } from 'vitest'
import { EntraError } from '../../src/entra/aadsts.ts'

// The error table of the identity platform as its callers meet it: invalid_client is 401, other refusals 400.
const table: [numbers: number[], error: string, status: number][] = [
  [[7000215, 7000216, 7000218, 7000222, 7000229, 700024, 700027, 700030, 700229], 'invalid_client', 401],
  [[50012, 50013, 50027, 50048, 700025], 'invalid_client', 401],
  [[650051, 650052, 650056, 65005], 'invalid_client', 400],
  [[700016, 7000112, 70001, 700011, 650059], 'unauthorized_client', 400],
  [[70021, 700211, 700212, 700213, 90002, 900023, 90019, 50059, 50128, 9001023], 'invalid_request', 400],
  [[90038, 900382, 900432, 900144, 90014, 90004, 9002313, 90100, 90112], 'invalid_request', 400],
  [[50049], 'invalid_instance', 400],
  [[500011, 500014, 50001, 650057, 650054], 'invalid_resource', 400],
  [[65004], 'consent_required', 400],
  [[70011, 1002012, 700022, 28002, 28003], 'invalid_scope', 400],
  [[70000, 54005, 70008, 501481, 65001, 50196], 'invalid_grant', 400],
  [[70003], 'unsupported_grant_type', 400],
  [[90093, 90094, 90095, 900941, 900981], 'access_denied', 400],
  [[53003, 50097, 53011, 530032, 530034, 530035], 'invalid_grant', 400],
  [[53000, 53001, 53002, 50005, 50072, 50074, 50076, 50079, 50105], 'interaction_required', 400],
  [[50020, 50034, 50014, 51004, 50053, 50055, 50057, 50126, 50173, 50132, 70043], 'invalid_grant', 400],
  [[50058], 'login_required', 400],
  [[90055], 'temporarily_unavailable', 429],
  [[90006, 90024, 90090, 50033], 'temporarily_unavailable', 503],
  [[90036, 90092, 50000], 'server_error', 500],
]

test.each(table)('%j are %s with %i', (numbers, error, status) => {
  const refused = numbers.map(number => new EntraError(number))

  expect(refused.map(one => one.error)).toEqual(numbers.map(() => error))
  expect(refused.map(one => one.status)).toEqual(numbers.map(() => status))
  expect(new Set(refused.map(one => one.message))).not.toContain('The request was refused.')
})
