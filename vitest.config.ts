import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    // Browser stories and real servers share two cores.
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // A starved browser can miss a beat once; what fails twice is broken. At a desk nothing is repeated.
    retry: process.env.CI ? 1 : 0,
    passWithNoTests: false,
  },
})
