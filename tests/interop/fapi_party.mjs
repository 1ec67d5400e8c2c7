// A relying party as FAPI 2.0 wants it, built on oauth4webapi: PAR, private_key_jwt, DPoP; for message signing JAR and JARM.
// argv[2]: {issuer, client_id, jwk, redirect_uri, signing} as JSON.
// It writes {"url"} for the browser, reads the address that the browser came back to, and writes what it found out.

import { createInterface } from "node:readline";
import * as oauth from "oauth4webapi";

const party = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const hear = async () => (await lines.next()).value;
const plain = { [oauth.allowInsecureRequests]: true }; // for a loopback alone

const issuer = new URL(party.issuer);
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, plain));
const client = { client_id: party.client_id };
const algorithm = { name: "ECDSA", namedCurve: "P-256" };
const key = await crypto.subtle.importKey("jwk", party.jwk, algorithm, false, ["sign"]);
const signer = { key, kid: party.jwk.kid };
// The audience is the issuer, as a string (FAPI 2.0 Security Profile, section 5.3.3.1).
const auth = oauth.PrivateKeyJwt(signer, {
  [oauth.modifyAssertion]: (_header, payload) => {
    payload.aud = as.issuer;
  },
});
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
const options = { ...plain, DPoP };

const again = async (ask, process) => {
  // A server may ask for its nonce at any time (RFC 9449 section 8).
  try {
    return await process(await ask());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return process(await ask());
  }
};

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const nonce = oauth.generateRandomNonce();
let asked = new URLSearchParams({
  client_id: party.client_id,
  redirect_uri: party.redirect_uri,
  response_type: "code",
  scope: "openid email offline_access",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
if (party.signing) {
  asked.set("response_mode", "jwt");
  const request = await oauth.issueRequestObject(as, client, asked, signer);
  asked = new URLSearchParams({ client_id: party.client_id, request });
}
const pushed = await again(
  () => oauth.pushedAuthorizationRequest(as, client, auth, asked, options),
  (response) => oauth.processPushedAuthorizationResponse(as, client, response),
);
const url = new URL(as.authorization_endpoint);
url.searchParams.set("client_id", party.client_id);
url.searchParams.set("request_uri", pushed.request_uri);
say({ url: url.href });

const callback = new URL(await hear());
const answer = party.signing
  ? await oauth.validateJwtAuthResponse(as, client, callback, state, plain)
  : oauth.validateAuthResponse(as, client, callback, state);
const response = await again(
  () => oauth.authorizationCodeGrantRequest(as, client, auth, answer, party.redirect_uri, verifier, options),
  async (given) => {
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, given, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(as, given, plain);
    return tokens;
  },
);
const claims = oauth.getValidatedIdTokenClaims(response);
const userinfo = await again(
  () => oauth.userInfoRequest(as, client, response.access_token, options),
  (given) => oauth.processUserInfoResponse(as, client, claims.sub, given),
);
const refreshed = await again(
  () => oauth.refreshTokenGrantRequest(as, client, auth, response.refresh_token, options),
  (given) => oauth.processRefreshTokenResponse(as, client, given),
);
const signed = await oauth.introspectionRequest(as, client, auth, refreshed.access_token, {
  ...plain,
  requestJwtResponse: true,
});
const bearer = await fetch(as.userinfo_endpoint, { headers: { authorization: `Bearer ${response.access_token}` } });
say({
  expires_in: pushed.expires_in,
  token_type: response.token_type,
  claims,
  userinfo,
  rotated: refreshed.refresh_token !== undefined && refreshed.refresh_token !== response.refresh_token,
  introspected: await oauth.processIntrospectionResponse(as, { ...client, introspection_signed_response_alg: "ES256" }, signed),
  as_bearer: bearer.status,
});
process.exit(0);
