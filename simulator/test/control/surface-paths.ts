/** A small read on each surface. */
export const surfacePaths = {
  graph: '/v1.0/security/incidents',
  defender: '/api/incidents',
  endpoint: '/api/machines',
}
