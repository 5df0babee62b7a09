// A Node client, straight from the .proto files: creates a split, watches it with broken streams, downloads.
// Arguments: server address, API key, folder of the protos, source URL, folder for the segments.
// Prints one line of JSON with what it saw.
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import grpc from '@grpc/grpc-js'
import protoLoader from '@grpc/proto-loader'

const [address, apiKey, protos, sourceUrl, folder] = process.argv.slice(2)

const definition = protoLoader.loadSync('zerokerf/v1/split_service.proto', {
  includeDirs: [protos], keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true
})
const { SplitService } = grpc.loadPackageDefinition(definition).zerokerf.v1
const client = new SplitService(address, grpc.credentials.createInsecure())

const metadata = new grpc.Metadata()
metadata.set('x-api-key', apiKey)

const call = (method, request) => new Promise((resolve, reject) => {
  const options = { deadline: Date.now() + 20_000 }
  client[method](request, metadata, options, (error, response) => (error ? reject(error) : resolve(response)))
})

// Breaks off after `most` events, as a lost connection would; resolves with what came.
const watchSome = (id, afterSequence, most) => new Promise((resolve, reject) => {
  const events = []
  const stream = client.WatchSplit({ id, after_sequence: afterSequence }, metadata)
  stream.on('data', ({ event }) => {
    if (events.length < most) events.push(event)
    if (events.length === most) stream.cancel()
  })
  stream.on('end', () => resolve({ events, ended: true }))
  stream.on('error', (error) => (
    error.code === grpc.status.CANCELLED ? resolve({ events, ended: false }) : reject(error)
  ))
})

const { split } = await call('CreateSplit', {
  source: { url: sourceUrl },
  mode: { duration: { segment_duration: { seconds: 2 } } },
  output_format: 'AUDIO_FORMAT_FLAC'
})

const seen = []
let connections = 0
for (let ended = false; !ended; connections += 1) {
  const last = seen.length ? seen.at(-1).sequence : 0
  const part = await watchSome(split.id, last, connections < 2 ? 1 : Infinity)
  seen.push(...part.events)
  ended = part.ended
}

const { split: done } = await call('GetSplit', { id: split.id })
const files = []
for (const segment of done.segments) {
  const answer = await fetch(segment.download_url)
  const bytes = Buffer.from(await answer.arrayBuffer())
  const file = path.join(folder, segment.file_name)
  await writeFile(file, bytes)
  files.push({ file, whole: createHash('sha256').update(bytes).digest('hex') === segment.sha256 })
}

let refused
try {
  await call('GetSplit', { id: 'job_nothere' })
} catch (error) {
  refused = grpc.status[error.code]
}

console.log(JSON.stringify({
  id: split.id,
  state: done.state,
  sequences: seen.map((event) => event.sequence),
  states: seen.map((event) => event.state),
  connections,
  sampleCount: done.source.sample_count,
  segmentSamples: done.segments.map((segment) => segment.sample_count),
  files,
  refused
}))
client.close()
