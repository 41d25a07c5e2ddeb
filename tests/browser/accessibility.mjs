// Takes every screen of the page and the documentation past axe-core, with all its rules; prints what it finds.
//
// node accessibility.mjs CHROMIUM SERVICE light|dark desktop|phone FOLDER PHOTO...
import { createRequire } from 'node:module'
import { readFile, writeFile } from 'node:fs/promises'
import { launch } from './chromium.mjs'

const [chromium, service, colorScheme, form, folder, ...files] = process.argv.slice(2)
const require = createRequire(new URL('../clients/package.json', import.meta.url))
const axe = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8')

const shape = form === 'phone' ? { width: 390, height: 844 } : { width: 1280, height: 860 }
const browser = await launch(chromium)
const context = await browser.newContext({
  locale: 'en', colorScheme, viewport: shape, hasTouch: form === 'phone', isMobile: form === 'phone', reducedMotion: 'reduce',
})
context.setDefaultTimeout(120_000)
const page = await context.newPage()
const findings = []

// axe looks at what is rendered: pictures on their way change nothing that it judges, movement would.
const judge = async (screen) => {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  for (const { id, impact, nodes } of violations) {
    for (const { target, failureSummary, html } of nodes) {
      findings.push({ screen, id, impact, target: target.join(' '), html: html.slice(0, 200), why: failureSummary })
    }
  }
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${screen}-${form}-${colorScheme}.png` })
}
const open = async (hash) => {
  await page.goto('about:blank')
  await page.goto(`${service}/${hash}`)
  await page.waitForSelector('main :is(.rows, .collections, .empty)')
}
const loaded = () => page.waitForFunction(() => [...document.querySelectorAll('main img')].every((img) => img.loading === 'lazy' || img.complete))
const add = async (...paths) => {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Add photos' }).first().click(),
  ])
  await chooser.setFiles(paths)
}
const states = (name, wanted) =>
  page.waitForFunction(([name, wanted]) => document.querySelectorAll(`#uploads li[data-state="${name}"]`).length === wanted, [name, wanted])

await open('')
await judge('no-collections')
await open('#/summer')
await judge('no-photos')

const broken = `${folder}/not-a-picture.jpg`
await writeFile(broken, 'not a picture')
await page.route('**/projects/summer/images', (route) => (route.request().method() === 'POST' ? undefined : route.fallback()))
await add(...files)
await states('sending', 3)
await judge('uploading')
await page.unroute('**/projects/summer/images')
await page.reload() // what was on its way goes on
await states('done', files.length)
await add(files[0], broken)
await states('failed', 1)
await states('already', 1)
await page.waitForFunction((wanted) => document.querySelectorAll('.rows > li').length === wanted, files.length)
await judge('uploads-ended')

await context.setOffline(true)
await page.waitForSelector('body.offline .toast')
await judge('offline')
await context.setOffline(false)

await open('#/summer')
await loaded()
await judge('photos')
await page.getByRole('button', { name: 'Select', exact: true }).click()
await page.locator('.rows > li').nth(0).getByRole('checkbox').check()
await judge('selected')
await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click()
await page.locator('.toast').waitFor()
await judge('deleted')
await page.getByRole('button', { name: 'Undo' }).click()

await open('#/summer')
await page.locator('.rows > li').nth(0).getByRole('link').click()
await page.locator('.pswp--open .pswp__strip [aria-current]').waitFor()
await page.locator('.pswp .about', { hasText: '×' }).waitFor()
await judge('viewer')

await open('')
await page.locator('.collections img').first().waitFor()
await judge('collections')
await page.getByRole('button', { name: 'Settings' }).click()
await page.getByRole('dialog').waitFor()
await judge('settings')

await page.route('**/projects?*', (route) => route.abort())
await open('')
await judge('unreachable')

await page.goto(`${service}/docs`)
await page.locator('.opblock').first().waitFor()
await judge('docs')
await page.locator('.opblock-summary-control').first().click()
await page.locator('.opblock-body .responses-inner').first().waitFor()
await judge('docs-open')

for (const finding of findings) console.log(JSON.stringify(finding))
await browser.close()
