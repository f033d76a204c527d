import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'simulator/test/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    // More than the two cores: a test waits for servers and browsers half of its time.
    maxWorkers: 4,
    // What a file imports is loaded once for each process; files leave nothing behind in modules.
    isolate: false,
    // A process keeps the modules, and some garbage, of all files that it ran.
    execArgv: ['--max-old-space-size=6144'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // How long a condition is waited for: a busy machine may take many times what it takes alone.
    expect: { poll: { timeout: 120_000, interval: 50 } },
    // A browser on a machine that is short of time can lose a step: what fails twice has failed.
    retry: 1,
    passWithNoTests: false,
  },
})
