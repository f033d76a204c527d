import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/**
 * Trusts further authorities for every TLS connection of this process. Node
 * reads NODE_EXTRA_CA_CERTS only from the environment it was started with; the
 * setting may stand in `.env` too.
 *
 * @param authorities certificates as PEM
 */
export function trustAuthorities(authorities: string[]): void {
  if (authorities.length > 0) setDefaultCACertificates([...getCACertificates('default'), ...authorities])
}
