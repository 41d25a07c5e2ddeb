// An OpenID provider on a port of its own choice, printed once it listens. Its resource `urn:images` gives tokens for
// the audience `images`, `urn:brief` such that end after a second, any other name those for itself.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }
  const scope = 'upload delete primary read list'
  const grants = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [{ client_id: 'app', client_secret: 'a secret of the app', ...grants }],
    scopes: scope.split(' '),
    extraTokenClaims: () => ({ project: 'p' }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope,
          audience: ['urn:images', 'urn:brief'].includes(resource) ? 'images' : resource,
          accessTokenTTL: resource === 'urn:brief' ? 1 : 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  })
  server.on('request', provider.callback())
  console.log(issuer)
})
