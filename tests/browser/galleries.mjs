// The documented galleries as a person uses them: node galleries.mjs CHROMIUM SERVICE PAGES TOKEN FILE...
import assert from 'node:assert/strict'
import { launch } from './chromium.mjs'

const [chromium, api, pages, token, ...files] = process.argv.slice(2)
const browser = await launch(chromium)
const page = await browser.newPage()
page.setDefaultTimeout(120_000)
const complaints = []
page.on('pageerror', (error) => complaints.push(String(error)))
const query = new URLSearchParams({ api, token })
const shown = (count) => page.waitForFunction((count) => {
  const images = [...document.images]
  return images.length === count && images.every((image) => image.complete && image.naturalWidth)
}, count)

// React: two photos are added, the second becomes the cover, the first is deleted.
await page.goto(`${pages}/react.html?${query}`)
await page.setInputFiles('input', files.slice(0, 2))
await shown(2)
await page.getByRole('button', { name: 'Make it the cover' }).click()
await page.locator('li').nth(1).getByText('Cover').waitFor()
await page.locator('li').nth(0).getByRole('button', { name: 'Delete' }).click()
await shown(1)

// With progress: each file tells its end, one that is no picture its sentence, the others go on.
await page.setInputFiles('input', [])
const results = await page.evaluate(async () => {
  const canvas = new OffscreenCanvas(300, 200)
  canvas.getContext('2d').fillRect(0, 0, 200, 100)
  const blob = await canvas.convertToBlob()
  const last = {}
  const sent = [new File(['no picture'], 'a.txt'), ...['b.png', 'c.png'].map((name) => new File([blob], name))]
  const results = await window.sendAll(sent, (file, share) => { last[file.name] = share })
  return { told: results.map(({ image, error }) => image?.image_id ?? error.message), last }
})
assert.match(results.told[0], /\.$/)
assert.deepEqual(results.last, { 'a.txt': 1, 'b.png': 1, 'c.png': 1 })

// Plain HTML: the covers, then the photos of one.
await page.goto(`${pages}/gallery.html?${query}`)
await shown(1)
await page.goto(`${pages}/gallery.html?${query}&project=123`)
await shown(3)
assert.match(await page.locator('img').first().getAttribute('srcset'), /size=thumb\S* \d+w, http\S*size=medium\S* \d+w/)
assert.deepEqual(complaints, [])
await browser.close()
