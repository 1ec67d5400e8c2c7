// What else openid-client does: pushed and signed requests, signed answers, bound tokens, devices, CIBA, other grants.
// argv[2]: {issuer, client_id, secret, jwk?, redirect_uri, way, email, grant?, forms?} as JSON; way: par, jar, jarm, dpop,
// device, ciba, grant. "grant" asks for each of forms, with a proof of a key from the second on, and writes the answers.
// It writes {"url"} (and what a person must compare), reads one line when that is done, and writes what it found out.

import { createInterface } from "node:readline";
import * as client from "openid-client";

const party = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const hear = async () => (await lines.next()).value;
const algorithm = { name: "ECDSA", namedCurve: "P-256" };
const key = party.jwk && (await crypto.subtle.importKey("jwk", party.jwk, algorithm, false, ["sign"]));
const signer = key && { key, kid: party.jwk.kid };

const config = await client.discovery(
  new URL(party.issuer),
  party.client_id,
  {},
  signer ? client.PrivateKeyJwt(signer) : client.ClientSecretBasic(party.secret),
  { execute: [client.allowInsecureRequests] },
);
if (party.way === "jarm") client.useJwtResponseMode(config);

async function byBrowser() {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
  const asked = {
    redirect_uri: party.redirect_uri,
    scope: "openid email offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
  };
  const options = party.way === "dpop" ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair()) } : {};
  let url;
  if (party.way === "par") url = await client.buildAuthorizationUrlWithPAR(config, asked);
  else if (party.way === "jar") url = await client.buildAuthorizationUrlWithJAR(config, asked, signer);
  else url = client.buildAuthorizationUrl(config, asked);
  say({ url: url.href });
  const tokens = await client.authorizationCodeGrant(config, new URL(await hear()), checks, undefined, options);
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, options);
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
  return { ...tokens, userinfo, refreshed: refreshed.token_type };
}

async function byDevice() {
  const begun = await client.initiateDeviceAuthorization(config, { scope: "openid email" });
  say({ url: begun.verification_uri_complete, user_code: begun.user_code });
  await hear();
  return client.pollDeviceAuthorizationGrant(config, begun);
}

async function byCiba() {
  const asked = { scope: "openid email", login_hint: party.email, binding_message: "W4SCT" };
  const begun = await client.initiateBackchannelAuthentication(config, asked);
  say({ url: `${party.issuer}/approve`, user_code: "W4SCT" });
  await hear();
  return client.pollBackchannelAuthenticationGrant(config, begun);
}

if (party.way === "grant") {
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
  const answers = [];
  for (const [index, form] of party.forms.entries()) {
    const asked = client.genericGrantRequest(config, party.grant, form, index > 0 ? { DPoP } : undefined);
    answers.push(await asked.catch((refusal) => ({ error: refusal.error, status: refusal.status })));
  }
  say(answers);
  process.exit(0);
}

const ways = { device: byDevice, ciba: byCiba };
const { access_token, userinfo, refreshed, token_type, ...rest } = await (ways[party.way] ?? byBrowser)();
say({ has_token: typeof access_token === "string", id_token: rest.id_token, token_type, userinfo, refreshed });
process.exit(0);
