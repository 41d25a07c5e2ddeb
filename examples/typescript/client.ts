// A typed client of the service: openapi-typescript 7 makes api.d.ts (generate.mjs), openapi-fetch 0.17 uses it.
import createClient from 'openapi-fetch'
import type { components, paths } from './api'

type Image = components['schemas']['Image']
type Refusal = components['schemas']['Problem'] | components['schemas']['GatewayMessage']

// The sentence of a refusal, by the service or by the gateway in front of it, fit to be shown.
const sentence = (refusal: Refusal): string => ('detail' in refusal ? refusal.detail : refusal.message)

export function makeClient(api: string, token?: string) {
  const headers = token ? { Authorization: `Bearer ${token}` } : undefined
  const client = createClient<paths>({ baseUrl: api, headers })

  return {
    // The same key always gives the same image, however often it is sent.
    async upload(project: string, file: Blob, key: string = crypto.randomUUID()) {
      for (let attempt = 1; ; attempt++) {
        const { data, error, response } = await client.POST('/projects/{project_id}/images', {
          params: { path: { project_id: project }, header: { 'Idempotency-Key': key } },
          body: { file },
          bodySerializer: ({ file }) => {
            const form = new FormData()
            form.append('file', file)
            return form
          },
        })
        if (data) return data
        const seconds = Number(response.headers.get('Retry-After'))
        if (!seconds || attempt === 5) throw new Error(sentence(error))
        await new Promise((resolve) => setTimeout(resolve, 1000 * seconds * attempt))
      }
    },

    async *images(project: string): AsyncGenerator<Image> {
      for (let after: string | undefined; ; ) {
        const params = { path: { project_id: project }, query: { limit: 100, after } }
        const { data, error } = await client.GET('/projects/{project_id}/images', { params })
        if (!data) throw new Error(sentence(error))
        yield* data.images
        if (!data.next) return
        after = data.images.at(-1)?.image_id
      }
    },

    async jpeg(project: string, image: Image, size: keyof Image['sizes'] = 'medium') {
      const params = { path: { project_id: project, image_id: image.image_id }, query: { size } }
      const { data, error } = await client.GET('/projects/{project_id}/images/{image_id}', { params, parseAs: 'blob' })
      if (!data) throw new Error(sentence(error))
      return { blob: data, width: image.sizes[size].width, height: image.sizes[size].height }
    },

    async remove(project: string, image_id: string) {
      const params = { path: { project_id: project, image_id } }
      const { error } = await client.DELETE('/projects/{project_id}/images/{image_id}', { params })
      if (error) throw new Error(sentence(error))
    },
  }
}
