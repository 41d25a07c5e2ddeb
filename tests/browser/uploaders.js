// The usual uploaders, with their default settings and as docs/uploaders.md has them: each sends the files of the
// page's input to one project.
import Uppy from '@uppy/core'
import XHRUpload from '@uppy/xhr-upload'
import axios from 'axios'
import Dropzone from 'dropzone'
import * as FilePond from 'filepond'
import Upload from 'antd/es/upload'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import * as documented from './documented.js'

const files = () => [...document.querySelector('input').files]
const form = (file) => {
  const data = new FormData()
  data.append('file', file)
  return data
}
const added = (name) => document.body.appendChild(document.createElement(name))
const all = (send) => Promise.all(files().map(send))

const byXhr = (url, file) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', url)
    request.onload = () => resolve(request.status)
    request.onerror = () => reject(new Error('no answer'))
    request.send(form(file))
  })

// Resolves once as many files have ended as there are; `begin(ended)` starts them.
const ended = (begin) =>
  new Promise((resolve) => {
    let left = files().length
    const outcomes = []
    begin((outcome) => {
      outcomes.push(outcome)
      if (--left === 0) resolve(outcomes)
    })
  })

async function byUppy(uppy) {
  for (const file of files()) uppy.addFile({ name: file.name, type: file.type, data: file })
  const { successful, failed } = await uppy.upload()
  return [...successful.map((file) => file.response.status), ...failed.map((file) => file.error)]
}

const byDropzone = (zone) =>
  ended((end) => {
    zone.on('complete', (file) => end(file.status === 'success' ? file.xhr.status : file.status))
    for (const file of files()) zone.addFile(file)
  })

// It tells errors alone; what it stored is what it can name.
const byFilePond = (pond) =>
  ended((end) => {
    pond.on('processfile', (error, file) => end(error ? error.body : file.serverId && 201))
    pond.addFiles(files())
  })

const byAntd = (make) =>
  ended((end) => {
    const onChange = ({ file }) => ['done', 'error'].includes(file.status) && end(file.xhr?.status ?? file.status)
    createRoot(added('div')).render(make(onChange))
    const chosen = new DataTransfer()
    for (const file of files()) chosen.items.add(file)
    const appeared = new MutationObserver(() => {
      const input = document.querySelectorAll('input[type=file]')[1]
      if (!input) return
      appeared.disconnect()
      input.files = chosen.files
      input.dispatchEvent(new Event('change', { bubbles: true }))
    })
    appeared.observe(document.body, { childList: true, subtree: true })
  })

const send = {
  fetch: (url) => all(async (file) => (await fetch(url, { method: 'POST', body: form(file) })).status),
  xhr: (url) => all((file) => byXhr(url, file)),
  axios: (url) => all(async (file) => (await axios.post(url, form(file))).status),
  'axios-authorized': (url) =>
    all(async (file) => {
      const headers = { Authorization: 'Bearer none', 'X-CSRF-Token': 'a', traceparent: '00-a', Pragma: 'no-cache' }
      return (await axios.post(url, form(file), { headers })).status
    }),
  uppy: (url) => byUppy(new Uppy().use(XHRUpload, { endpoint: url })),
  dropzone: (url) => byDropzone(new Dropzone(added('div'), { url })),
  filepond: (url) =>
    byFilePond(FilePond.create(added('input'), { server: { process: url }, name: 'file', allowMultiple: true })),
  antd: (url) => byAntd((onChange) => createElement(Upload, { action: url, onChange, multiple: true }, 'Choose')),
  'documented-send': (url) => all(async (file) => (await documented.send(url, file)) && 201),
  'documented-axios': (url) => all(async (file) => (await documented.byAxios(url, file)).status),
  'documented-uppy': (url) => byUppy(documented.makeUppy(url)),
  'documented-dropzone': (url) => byDropzone(documented.makeDropzone(added('div'), url)),
  'documented-filepond': (url) => byFilePond(documented.makeFilePond(added('input'), url)),
  'documented-antd': (url) => byAntd((onChange) => documented.makeUpload(url, onChange)),
  'documented-drop': async (url) => (await documented.sendInOrder(url, files())).map(() => 201),
}

const smaller = async () => {
  const [picture, other] = files()
  const bitmap = await createImageBitmap(await documented.smaller(picture, 200))
  const kept = [await documented.smaller(picture, 2000), await documented.smaller(other, 200)]
  return [bitmap.width, bitmap.height, kept[0] === picture, kept[1] === other]
}

// The last image of a list that comes in pages.
const lastOf = async (url) => {
  await all((file) => documented.send(url, file))
  return (await documented.lastOf(`${url}?limit=2`)).image_id
}

// What FilePond does when a person takes a file back.
const takeBack = async (url) => {
  const pond = documented.makeFilePond(added('input'), url)
  const stored = await byFilePond(pond)
  const reverted = new Promise((resolve) => pond.on('processfilerevert', resolve))
  await pond.removeFile(pond.getFiles()[0], { revert: true })
  await reverted // the request is answered, and not only sent
  return stored
}

window.calls = { ...send, smaller, takeBack, lastOf }
