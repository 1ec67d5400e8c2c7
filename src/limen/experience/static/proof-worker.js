// Finds the number whose SHA-256 with a salt is known (FIPS 180-4). Synchronous: the browser's own digest is asked by
// promise, which costs ten times what a hash of one block does.

const K = new Uint32Array(64);
const H = new Uint32Array(8);
for (let n = 2, found = 0; found < 64; n += 1) {
  let isPrime = true;
  for (let d = 2; d * d <= n; d += 1) isPrime &&= n % d !== 0;
  if (!isPrime) continue;
  if (found < 8) H[found] = Math.floor((Math.sqrt(n) % 1) * 2 ** 32);
  K[found] = Math.floor((Math.cbrt(n) % 1) * 2 ** 32);
  found += 1;
}
const W = new Uint32Array(64);
const turn = (x, n) => (x >>> n) | (x << (32 - n));

function compress(state, block) {
  for (let i = 0; i < 16; i += 1) W[i] = block.getUint32(i * 4);
  for (let i = 16; i < 64; i += 1) {
    const a = turn(W[i - 15], 7) ^ turn(W[i - 15], 18) ^ (W[i - 15] >>> 3);
    const b = turn(W[i - 2], 17) ^ turn(W[i - 2], 19) ^ (W[i - 2] >>> 10);
    W[i] = W[i - 16] + a + W[i - 7] + b;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    state[i] += word;
  });
}

function sha256(bytes) {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, bytes.length * 8);
  const state = H.slice();
  for (let at = 0; at < padded.length; at += 64) compress(state, new DataView(padded.buffer, at, 64));
  return state;
}

self.addEventListener("message", ({ data: { salt, challenge, maxnumber } }) => {
  const wanted = Uint32Array.from({ length: 8 }, (_, i) => parseInt(challenge.slice(i * 8, i * 8 + 8), 16));
  const encoder = new TextEncoder();
  for (let number = 0; number <= maxnumber; number += 1) {
    const state = sha256(encoder.encode(salt + number));
    if (state.every((word, i) => word === wanted[i])) {
      self.postMessage(number);
      return;
    }
  }
});
