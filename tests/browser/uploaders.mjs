// Calls functions of the page, one after another, each on a page of its own and with a project of its name.
//
// node uploaders.mjs CHROMIUM PAGE API NAME,NAME... FILE...   takes the names of uploaders, smaller and takeBack
import { launch } from './chromium.mjs'

const [chromium, page_url, api, uploaders, ...files] = process.argv.slice(2)
const browser = await launch(chromium)
for (const name of uploaders.split(',')) {
  const page = await browser.newPage()
  page.setDefaultTimeout(300_000)
  page.on('console', (message) => console.error(name, message.text()))
  page.on('pageerror', (error) => console.error(name, error.stack))
  await page.goto(`${page_url}uploaders.html`)
  await page.setInputFiles('input', files)
  const url = `${api}/projects/${name}/images`
  const outcome = await page.evaluate(([name, url]) => window.calls[name](url), [name, url])
  console.log(JSON.stringify({ name, outcome }))
  await page.close()
}
await browser.close()
