// What the test's page can do; the upload functions are those of docs/uploads.md, as they stand there.
import { makeUppy } from './uppy.js'
import { uploadPhoto } from './browser.js'

const say = (event) => console.log(JSON.stringify(event))
const files = () => [...document.querySelector('input').files]

window.upload = async (api) => {
  const onProgress = (sent, total) => say({ sent, total })
  const image = await uploadPhoto(api, 'p', files()[0], { onProgress })
  say({ image })
  return image
}

window.uploadByUppy = async (api, pauseAt) => {
  const uppy = makeUppy(api, 'p')
  let paused = false
  uppy.on('upload-progress', (file, { bytesUploaded: sent, bytesTotal: total }) => {
    say({ sent, total, name: file.name })
    if (pauseAt && sent >= pauseAt && !paused) {
      paused = true
      uppy.pauseAll()
      say({ paused: sent })
      setTimeout(() => uppy.resumeAll(), 500)
    }
  })
  for (const file of files()) uppy.addFile({ name: file.name, type: file.type, data: file })
  const { successful, failed } = await uppy.upload()
  say({ successful: successful.length, failed: failed.map((file) => file.error) })
}

// The SHA-256 of a rendition, which a function answers by a redirect when it is large.
window.digest = async (url) => {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`status ${response.status}`)
  const hash = await crypto.subtle.digest('SHA-256', await response.arrayBuffer())
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

window.show = async (url) => {
  const image = new Image()
  image.src = url
  await image.decode()
  return [image.naturalWidth, image.naturalHeight]
}
