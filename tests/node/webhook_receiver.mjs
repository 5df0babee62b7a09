// A receiver as documented for Node: it verifies the signature over the body that it parsed and wrote again.
//
//   node webhook_receiver.mjs <secret>
//
// Prints the port that it listens on, then one line for each request: the delivery's id, and whether it is real.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const secret = process.argv[2];

function isReal(payload, signature) {
  const expected = createHmac("sha256", secret).update(JSON.stringify(payload)).digest("hex");
  return (
    expected.length === signature.length && timingSafeEqual(Buffer.from(expected), Buffer.from(signature))
  );
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const payload = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const real = isReal(payload, request.headers["x-audiospliter-signature"] ?? "");
    response.writeHead(real ? 200 : 401).end();
    console.log(JSON.stringify({ id: request.headers["x-audiospliter-delivery"], real, payload }));
  });
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
