// The usual uploaders with their default settings: each sends the files of the page's input to one project.
import Uppy from '@uppy/core'
import XHRUpload from '@uppy/xhr-upload'
import axios from 'axios'
import Dropzone from 'dropzone'
import * as FilePond from 'filepond'
import Upload from 'antd/es/upload'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'

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

const send = {
  fetch: (url) => all(async (file) => (await fetch(url, { method: 'POST', body: form(file) })).status),
  xhr: (url) => all((file) => byXhr(url, file)),
  axios: (url) => all(async (file) => (await axios.post(url, form(file))).status),
  'axios-authorized': (url) =>
    all(async (file) => {
      const headers = { Authorization: 'Bearer none', 'X-CSRF-Token': 'a', traceparent: '00-a', Pragma: 'no-cache' }
      return (await axios.post(url, form(file), { headers })).status
    }),
  uppy: async (url) => {
    const uppy = new Uppy().use(XHRUpload, { endpoint: url, fieldName: 'file' })
    for (const file of files()) uppy.addFile({ name: file.name, type: file.type, data: file })
    const { successful, failed } = await uppy.upload()
    return [...successful.map((file) => file.response.status), ...failed.map((file) => file.error)]
  },
  dropzone: (url) =>
    ended((end) => {
      const zone = new Dropzone(added('div'), { url })
      zone.on('complete', (file) => end(file.status === 'success' ? file.xhr.status : file.status))
      for (const file of files()) zone.addFile(file)
    }),
  filepond: (url) =>
    ended((end) => {
      const pond = FilePond.create(added('input'), { server: { process: url }, name: 'file', allowMultiple: true })
      pond.on('processfile', (error, file) => end(error ? error.body : file.serverId && 201))
      pond.addFiles(files())
    }),
  antd: (url) =>
    ended((end) => {
      const onChange = ({ file }) => ['done', 'error'].includes(file.status) && end(file.xhr?.status ?? file.status)
      createRoot(added('div')).render(createElement(Upload, { action: url, onChange, multiple: true }, 'Choose'))
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
    }),
}

window.send = async (name, url) => console.log(JSON.stringify({ name, outcomes: await send[name](url) }))
