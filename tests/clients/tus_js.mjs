// tus-js-client, unmodified, in Node: uploads a file and tells each event as one line of JSON.
//
// node tus_js.mjs ENDPOINT FILE [--chunk BYTES] [--count N] [--pause BYTES] [--die BYTES] [--urls FILE]
// --count: so many uploads at once; --pause: stops there and goes on; --die: the process ends there, as a page that
// is reloaded does; --urls: where unfinished uploads are remembered, for the process that comes after it.
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import * as tus from 'tus-js-client'

const options = Object.fromEntries(
  ['chunk', 'count', 'pause', 'die', 'urls'].map((name) => [name, { type: 'string' }]),
)
const { values, positionals } = parseArgs({ options, allowPositionals: true })
const [endpoint, file] = positionals
const say = (event) => console.log(JSON.stringify(event))

function uploadOne(number) {
  return new Promise((resolve, reject) => {
    let paused = false
    const upload = new tus.Upload(fs.createReadStream(file), {
      endpoint,
      chunkSize: Number(values.chunk ?? 4 << 20),
      uploadSize: fs.statSync(file).size,
      metadata: { filename: path.basename(file) },
      retryDelays: [0, 300, 600, 1000, 1000, 1000, 2000, 2000, 5000, 5000],
      ...(values.urls ? { urlStorage: new tus.FileUrlStorage(values.urls) } : {}),
      fingerprint: async () => `upload-${number}`,
      onBeforeRequest: (request) => say({ number, method: request.getMethod() }),
      onUploadUrlAvailable: () => say({ number, url: upload.url }),
      onProgress: (sent, total) => {
        say({ number, sent, total })
        if (values.die && sent >= Number(values.die)) process.exit(7)
        if (values.pause && sent >= Number(values.pause) && !paused) {
          paused = true
          upload.abort().then(() => {
            say({ number, paused: sent })
            setTimeout(() => upload.start(), 200)
          }, reject)
        }
      },
      onChunkComplete: (size, accepted) => say({ number, accepted }),
      onError: (error) => reject(error),
      onSuccess: ({ lastResponse }) => resolve({ number, image: lastResponse.getHeader('Upload-Image-Id') }),
    })
    const earlier = values.urls ? upload.findPreviousUploads() : Promise.resolve([])
    earlier.then((previous) => {
      if (previous.length) upload.resumeFromPreviousUpload(previous[0])
      upload.start()
    })
  })
}

const made = await Promise.all(Array.from({ length: Number(values.count ?? 1) }, (_, number) => uploadOne(number)))
for (const { number, image } of made) say({ number, image })
