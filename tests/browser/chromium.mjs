// A headless Chromium that asks nobody for anything.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../clients/package.json', import.meta.url))
const playwright = require('playwright-core')

export const launch = (executablePath) =>
  playwright.chromium.launch({
    executablePath,
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  })
