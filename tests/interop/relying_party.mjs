// A relying party built on openid-client; the integrator's guide quotes it.
// argv[2]: {issuer, client_id, method, secret?, jwk?, redirect_uri, goodbye, alg} as JSON.
// It writes {"url"} for the browser, reads the address that the browser came back to, and writes what it found out.

import { createInterface } from "node:readline";
import * as client from "openid-client";

const party = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const hear = async () => (await lines.next()).value;

async function authentication() {
  if (party.method === "none") return client.None();
  if (party.method === "client_secret_basic") return client.ClientSecretBasic(party.secret);
  if (party.method === "client_secret_post") return client.ClientSecretPost(party.secret);
  if (party.method === "client_secret_jwt") return client.ClientSecretJwt(party.secret);
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", party.jwk, algorithm, false, ["sign"]);
  return client.PrivateKeyJwt({ key, kid: party.jwk.kid });
}

// Plain http is for a loopback alone: leave the last argument out where Limen is served over TLS.
const config = await client.discovery(
  new URL(party.issuer),
  party.client_id,
  { id_token_signed_response_alg: party.alg },
  await authentication(),
  { execute: [client.allowInsecureRequests] },
);
client.enableNonRepudiationChecks(config); // verify the ID token's signature although it came over a direct connection

// [sign-in]
const checks = {
  pkceCodeVerifier: client.randomPKCECodeVerifier(),
  expectedState: client.randomState(),
  expectedNonce: client.randomNonce(),
  idTokenExpected: true,
};
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: party.redirect_uri,
  scope: "openid profile email offline_access",
  code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
  code_challenge_method: "S256",
  state: checks.expectedState,
  nonce: checks.expectedNonce,
});
say({ url: url.href });

const callback = new URL(await hear());
const tokens = await client.authorizationCodeGrant(config, callback, checks);
const { sub } = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, sub);
// [/sign-in]

const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
const found = { claims: tokens.claims(), userinfo, refreshed_sub: refreshed.claims().sub };
found.rotated = refreshed.refresh_token !== tokens.refresh_token;

if (party.method !== "none") {
  const own = await client.clientCredentialsGrant(config, { scope: "stock:read" });
  found.machine = await client.tokenIntrospection(config, own.access_token);
  found.active = (await client.tokenIntrospection(config, refreshed.access_token)).active;
}

await client.tokenRevocation(config, refreshed.refresh_token);
found.after_revocation = await client.refreshTokenGrant(config, refreshed.refresh_token).then(
  () => "still alive",
  (error) => error.error,
);
if (party.method !== "none") {
  found.active_after = (await client.tokenIntrospection(config, refreshed.access_token)).active;
}

const goodbye = client.buildEndSessionUrl(config, {
  id_token_hint: tokens.id_token,
  post_logout_redirect_uri: party.goodbye,
  state: "till-then",
});
say({ ...found, goodbye: goodbye.href });
process.exit(0);
