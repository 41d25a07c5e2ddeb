// Opens the page once, and sends the files by one uploader after another, each to a project of its name.
//
// node uploaders.mjs CHROMIUM PAGE API UPLOADER,UPLOADER... FILE...
import { launch } from './chromium.mjs'

const [chromium, page_url, api, uploaders, ...files] = process.argv.slice(2)
const browser = await launch(chromium)
for (const name of uploaders.split(',')) {
  const page = await browser.newPage()
  page.setDefaultTimeout(300_000)
  page.on('console', (message) => {
    if (message.text().startsWith('{')) console.log(message.text())
    else console.error(name, message.text())
  })
  page.on('pageerror', (error) => console.error(name, error.stack))
  await page.goto(`${page_url}uploaders.html`)
  await page.setInputFiles('input', files)
  await page.evaluate(([name, url]) => window.send(name, url), [name, `${api}/projects/${name}/images`])
  await page.close()
}
await browser.close()
