// Writes api.d.ts from a running service: node generate.mjs http://localhost:8001
import { writeFile } from 'node:fs/promises'
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'

// By default openapi-typescript takes bytes for text: they are a Blob, which a File is too.
const blob = ts.factory.createTypeReferenceNode('Blob')
const transform = (schema) => (schema.format === 'binary' ? blob : undefined)

const document = new URL('/openapi.json', process.argv[2])
await writeFile('api.d.ts', astToString(await openapiTS(document, { transform })))
