// Renditions by sharp, in a Lambda function without a framework.
//
// WAY=documented: a pipeline for each rendition, from clones of one input, as sharp's documentation shows.
// WAY=by-hand: decoded once, each size made from the next larger one and encoded from its pixels.

import http from "node:http";
import sharp from "sharp";

const agent = new http.Agent({ keepAlive: true });
const runtime = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const ways = { documented, "by-hand": byHand };
const render = ways[process.env.WAY];

// One core, and nothing kept from one invocation to the next.
sharp.concurrency(1);
sharp.cache(false);

function request(method, url, body) {
  return new Promise((resolve, reject) => {
    const outgoing = http.request(url, { method, agent }, (incoming) => {
      const parts = [];
      incoming.on("data", (part) => parts.push(part));
      incoming.on("end", () => {
        if (incoming.statusCode >= 300) reject(new Error(`${method} ${url}: ${incoming.statusCode}`));
        else resolve({ headers: incoming.headers, body: Buffer.concat(parts) });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function encoded(pipeline, format, { jpeg, webp }) {
  if (format === "webp") return pipeline.webp({ quality: webp.quality, effort: webp.effort }).toBuffer();
  return pipeline
    .flatten({ background: "#ffffff" })
    .jpeg({ quality: jpeg.quality, chromaSubsampling: "4:2:0", mozjpeg: false })
    .toBuffer();
}

async function documented(input, { renditions, encoders }, put) {
  const image = sharp(input).autoOrient();
  for (const { url, width, height, square, format } of renditions) {
    const scaled = image.clone().resize(width, height, { fit: square ? "cover" : "fill", withoutEnlargement: true });
    await put(url, await encoded(scaled, format, encoders));
  }
}

// The renditions come in sizes, the largest first, and squares last: those are cut from the largest.
async function byHand(input, { renditions, encoders }, put) {
  const pixels = (pipeline) => pipeline.raw().toBuffer({ resolveWithObject: true });
  const again = ({ data, info: { width, height, channels } }) => sharp(data, { raw: { width, height, channels } });
  let largest;
  let last;
  for (const { url, width, height, square, format } of renditions) {
    if (last?.info.width !== width || last?.info.height !== height) {
      const source = last === undefined ? sharp(input).autoOrient() : again(square ? largest : last);
      last = await pixels(source.resize(width, height, { fit: square ? "cover" : "fill", withoutEnlargement: true }));
      largest ??= last;
    }
    await put(url, await encoded(again(last), format, encoders));
  }
}

for (;;) {
  const next = await request("GET", `${runtime}/invocation/next`);
  const call = `${runtime}/invocation/${next.headers["lambda-runtime-aws-request-id"]}`;
  try {
    const event = JSON.parse(next.body);
    const input = (await request("GET", event.source)).body;
    await render(input, event, (url, bytes) => request("PUT", url, bytes));
    await request("POST", `${call}/response`, "{}");
  } catch (error) {
    await request("POST", `${call}/error`, JSON.stringify({ errorType: error.name, errorMessage: error.message }));
  }
}
