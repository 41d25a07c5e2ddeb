// Drives a real Chromium through one scenario, and tells each event of its page as one line of JSON.
//
// node drive.mjs CHROMIUM PAGE API SCENARIO FILE...
import { launch } from './chromium.mjs'

const [chromium, page_url, api, scenario, ...files] = process.argv.slice(2)

const browser = await launch(chromium)
const page = await browser.newPage()
page.setDefaultTimeout(300_000)

const open = async () => {
  await page.goto(page_url)
  await page.setInputFiles('input', files)
}
const until = (wanted) =>
  new Promise((resolve) => {
    const look = (message) => {
      if (!message.text().startsWith('{') || !wanted(JSON.parse(message.text()))) return
      page.off('console', look)
      resolve()
    }
    page.on('console', look)
  })
page.on('console', (message) => {
  if (message.text().startsWith('{')) console.log(message.text())
})

await open()
const upload = () => page.evaluate((api) => window.upload(api), api)
if (scenario === 'reload') {
  upload().catch(() => {}) // the page goes away under it
  await until((event) => event.sent >= 12_000_000)
  console.log(JSON.stringify({ reloaded: true }))
  await open()
}
if (scenario === 'upload' || scenario === 'reload') {
  const image = await upload()
  const url = `${api}/projects/p/images/${image}`
  const shown = await page.evaluate((url) => window.show(url), url)
  const digests = {}
  for (const size of ['original', 'medium', 'thumb', 'game']) {
    digests[size] = await page.evaluate((url) => window.digest(url), `${url}?size=${size}`)
  }
  console.log(JSON.stringify({ shown, digests }))
} else {
  const pauseAt = scenario === 'uppy-pause' ? 10_000_000 : 0
  await page.evaluate(([api, pauseAt]) => window.uploadByUppy(api, pauseAt), [api, pauseAt])
}
await browser.close()
