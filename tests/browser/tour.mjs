// Walks through the page in a real Chromium, one scenario a call; fails with what was wanted and not seen.
//
// node tour.mjs CHROMIUM SERVICE SCENARIO FILE...
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { isDeepStrictEqual } from 'node:util'

const [chromium, service, scenario, ...files] = process.argv.slice(2)
const require = createRequire(new URL('../clients/package.json', import.meta.url))
const playwright = require('playwright-core')

const browser = await playwright.chromium.launch({
  executablePath: chromium,
  args: [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ],
})
const context = await browser.newContext({ locale: 'en', permissions: ['clipboard-read', 'clipboard-write'] })
context.setDefaultTimeout(120_000)
const complaints = []
const page = await context.newPage()
page.on('pageerror', (error) => complaints.push(String(error)))
page.on('console', (message) => {
  // That a request failed is what some scenarios are about.
  if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text())
})
page.on('request', (request) => {
  const { protocol, origin } = new URL(request.url())
  if (protocol.startsWith('http') && origin !== new URL(service).origin) complaints.push(`asked ${request.url()}`)
})

const tiles = page.locator('.rows > li')
const toolbar = page.getByRole('toolbar')
const open = async (hash = '') => {
  await page.goto(`${service}/${hash}`)
  await page.waitForSelector('#header a')
}
const add = async (...paths) => {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Add photos' }).first().click(),
  ])
  await chooser.setFiles(paths)
}
const state = (name) => page.locator(`#uploads li[data-state="${name}"]`)
const names = () => tiles.locator('img').evaluateAll((all) => all.map((img) => img.alt))
const count = async (wanted) => {
  await page.waitForFunction((wanted) => document.querySelectorAll('.rows > li').length === wanted, wanted)
}
const choose = async (...positions) => {
  await page.getByRole('button', { name: 'Select', exact: true }).click()
  for (const position of positions) await tiles.nth(position).getByRole('checkbox').check()
}
const listed = async () => (await (await fetch(`${service}/projects/tour/images`)).json()).images.map((image) => image.name)

const until = async (holds) => {
  const last = Date.now() + 120_000
  while (!(await holds())) {
    assert.ok(Date.now() < last, `never came: ${holds}`)
    await page.waitForTimeout(50)
  }
}
const base = (path) => path.split('/').pop()
// Adds files and waits until they stand, at the service and on the page, in the order in which they were given.
const give = async (...paths) => {
  await add(...paths)
  const wanted = paths.map(base)
  await until(async () => isDeepStrictEqual(await listed(), wanted) && isDeepStrictEqual(await names(), wanted))
}

const scenarios = {
  async start() {
    await open()
    await page.getByText('No collections yet').waitFor()
    await page.getByLabel('Name of the collection').fill('tour')
    await page.getByRole('button', { name: 'New collection' }).click()
    await page.getByText('No photos yet').waitFor()
    await give(...files)
    await page.getByRole('link', { name: 'Collections' }).first().click()
    await page.locator('.collections img').first().waitFor()
    assert.match(await page.locator('.collections a').first().innerText(), /tour\s+\d photos/)
  },

  async order() {
    await open('#/tour')
    await give(...files)
  },

  async duplicate() {
    await open('#/tour')
    const list = (route) => (route.request().method() === 'GET' ? setTimeout(() => route.continue(), 2000) : route.continue())
    await page.route('**/projects/tour/images', list)
    await add(files[0])
    await state('done').waitFor()
    await add(files[0]) // before the page has listed it
    await state('already').waitFor()
    await page.unroute('**/projects/tour/images')
    await count(1)
    assert.equal((await listed()).length, 1)
    await page.getByRole('button', { name: 'Upload anyway' }).click()
    await count(2)
  },

  async viewer() {
    await open('#/tour')
    await give(...files)
    await tiles.nth(0).getByRole('link').click()
    await page.locator('.pswp__button--arrow--next').click()
    await page.waitForFunction(() => document.querySelectorAll('.pswp__strip [aria-current]').length === 1)
    assert.equal(await page.locator('.pswp__strip button').count(), files.length)
    const second = (await names())[1]
    await page.locator('.pswp .about', { hasText: second }).waitFor()
    await until(async () => { // it is not closed before it has opened
      await page.keyboard.press('Escape')
      return (await page.locator('.pswp').count()) === 0
    })
  },

  async cover() {
    await open('#/tour')
    await give(...files)
    await tiles.nth(0).locator('.badge').waitFor()
    await choose(1)
    await toolbar.getByRole('button', { name: 'Make it the cover' }).click()
    await tiles.nth(1).locator('.badge').waitFor()
    await choose(0)
    await toolbar.getByRole('button', { name: /srcset/ }).click()
    const html = await page.evaluate(() => navigator.clipboard.readText())
    assert.match(html, /^<img src="http.*size=medium" srcset="http.* \d+w, http.* \d+w.*" sizes="100vw" width="\d+" height="\d+"/)
  },

  async undo() {
    await open('#/tour')
    await give(...files)
    await choose(0, 1)
    await toolbar.getByRole('button', { name: 'Delete' }).click()
    await count(files.length - 2)
    assert.equal((await listed()).length, files.length)
    await page.getByRole('button', { name: 'Undo' }).click()
    await count(files.length)
    await choose(0)
    await toolbar.getByRole('button', { name: 'Delete' }).click()
    await until(async () => (await listed()).length === files.length - 1)
  },

  async keyboard() {
    await open('#/tour')
    await give(...files)
    const before = await names()
    await tiles.nth(0).getByRole('link').focus()
    await page.keyboard.press('ArrowRight')
    assert.equal(await page.evaluate(() => document.activeElement.querySelector('img').alt), before[1])
    await page.keyboard.press('Alt+ArrowLeft')
    await page.waitForFunction((name) => document.querySelector('.rows img').alt === name, before[1])
    await until(async () => isDeepStrictEqual(await listed(), [before[1], before[0], ...before.slice(2)]))
  },

  async refused() {
    await open('#/tour')
    await add(...files)
    await state('failed').waitFor()
    const text = await state('failed').first().innerText()
    assert.match(text, /file/i)
    await page.getByRole('button', { name: 'Retry all failed' }).click()
    await state('failed').waitFor()
    await state('failed').getByRole('button', { name: 'Cancel' }).click()
    await page.waitForFunction(() => document.getElementById('uploads').hidden)
  },

  async throttled() { // functions that start together are more than the account may run
    await open('#/tour')
    await give(...files)
    const asked = new Map()
    await page.route('**/images/*size=thumb*', (route) => {
      const url = route.request().url()
      asked.set(url, (asked.get(url) ?? 0) + 1)
      return asked.get(url) < 3 ? route.fulfill({ status: 503, json: { message: 'Service Unavailable' } }) : route.continue()
    })
    await page.reload()
    await page.waitForFunction((count) => [...document.querySelectorAll('[data-image] img')].filter((image) => image.naturalWidth).length === count, files.length)
    assert.deepEqual([...asked.values()], files.map(() => 3))
  },

  async offline() {
    await open('#/tour')
    await page.getByText('No photos yet').waitFor()
    await context.setOffline(true)
    await add(files[0])
    await page.locator('#uploads li', { hasText: /network/i }).waitFor()
    await context.setOffline(false)
    await count(1)
  },

  async reload() {
    await open('#/tour')
    await add(...files)
    await page.waitForFunction(() => document.querySelector('#uploads progress')?.value > 0.2)
    await page.reload()
    await count(1)
    assert.equal((await listed()).length, 1)
  },

  async several() { // what a reload interrupts goes on in the order in which it was given
    await open('#/tour')
    await page.getByText('No photos yet').waitFor()
    await context.setOffline(true)
    await add(...files)
    await page.waitForFunction((wanted) => document.querySelectorAll('#uploads li').length === wanted, files.length)
    await page.waitForFunction((wanted) => new Promise((resolve) => {
      const request = indexedDB.open('imgsrv', 1)
      request.onsuccess = () => {
        const all = request.result.transaction('uploads').objectStore('uploads').count()
        all.onsuccess = () => { request.result.close(); resolve(all.result === wanted) }
      }
    }), files.length)
    await context.setOffline(false)
    await page.goto('about:blank')
    await open('#/tour')
    await until(async () => isDeepStrictEqual(await listed(), files.map(base)))
  },

  async paste() {
    await open('#/tour')
    await page.getByText('No photos yet').waitFor()
    await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(300, 200)
      canvas.getContext('2d').fillRect(0, 0, 200, 100)
      const file = new File([await canvas.convertToBlob({ type: 'image/png' })], 'pasted.png', { type: 'image/png' })
      const data = new DataTransfer()
      data.items.add(file)
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }))
    })
    await count(1)
    assert.deepEqual(await listed(), ['pasted.png'])
  },

  async german() {
    await open('#/tour')
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByLabel('Language').selectOption('de')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Noch keine Fotos').waitFor()
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de')
    const keys = (name) => page.evaluate(async (path) => Object.keys((await import(path)).default).sort(), `/page/lang/${name}.js`)
    assert.deepEqual(await keys('de'), await keys('en'))
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Fotos hinzufügen' }).click(),
    ])
    await chooser.setFiles(files)
    await count(files.length)
    await tiles.nth(1).getByRole('link').click()
    await page.locator('.pswp__strip [aria-current]').waitFor()
    const titles = await page.locator('.pswp button[title]').evaluateAll((all) => all.map((one) => one.title).sort())
    assert.deepEqual(titles, [
      'Als Titelbild verwenden', 'Herunterladen', 'Nächstes Foto', 'Schließen', 'Vergrößern', 'Vorheriges Foto',
    ])
  },

  async still() {
    await page.addInitScript(() => {
      window.shift = 0
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value
      }).observe({ type: 'layout-shift', buffered: true })
    })
    const session = await context.newCDPSession(page)
    await session.send('Network.emulateNetworkConditions', {
      offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 90_000,
    })
    await page.setViewportSize({ width: 390, height: 844 })
    await open('#/tour')
    await count(Number(files[0]))
    await page.waitForFunction(() => [...document.images].slice(0, 20).every((img) => img.complete && img.naturalWidth))
    const shift = await page.evaluate(() => window.shift)
    console.log(JSON.stringify({ shift }))
    assert.ok(shift < 0.02, `things moved by ${shift}`)
  },

  async guarded() {
    await open('#/tour')
    await page.getByText('This needs a token').waitFor()
    await page.getByRole('button', { name: 'Settings' }).last().click()
    await page.getByLabel('Token').fill(files[1])
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('No photos yet').waitFor()
    await add(files[0])
    await count(1)
    await page.waitForFunction(() => document.querySelector('.rows img').naturalWidth > 0)
  },

  async docs() {
    await page.goto(`${service}/docs`)
    await page.locator('.opblock').first().waitFor()
  },
}

await scenarios[scenario]()
assert.deepEqual(complaints, [])
await browser.close()
