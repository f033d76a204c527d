import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { certificatePem, selfSignedCertificate } from '../../src/entra/certificate.ts'

test.each([2030, 2049, 2050, 2061])('a certificate until %i is read back by Node', year => {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const notBefore = new Date('2026-01-02T03:04:05Z')
  const notAfter = new Date(Date.UTC(year, 11, 31, 23, 59, 59))

  const pem = certificatePem(selfSignedCertificate(keys, { commonName: 'Prüfung & Co', notBefore, notAfter }))
  const certificate = new X509Certificate(pem)

  expect(certificate.subject).toBe('CN=Prüfung & Co')
  expect(new Date(certificate.validFrom)).toEqual(notBefore)
  expect(new Date(certificate.validTo)).toEqual(notAfter)
  expect(certificate.verify(keys.publicKey)).toBe(true)
})
