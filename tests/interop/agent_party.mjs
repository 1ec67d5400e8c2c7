// The client of an AI agent (MCP authorization, revision 2025-11-25), built on oauth4webapi: it knows the MCP server's
// address and a tenant's customer, and nothing else. argv[2]: {resource, redirect_uri} as JSON.
// It writes {"url"} for the browser, reads the address that the browser came back to, and writes what it found out.

import { createInterface } from "node:readline";
import * as oauth from "oauth4webapi";

const party = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const hear = async () => (await lines.next()).value;
const plain = { [oauth.allowInsecureRequests]: true }; // for a loopback alone

const resource = new URL(party.resource);
const described = await oauth.processResourceDiscoveryResponse(
  resource,
  await oauth.resourceDiscoveryRequest(resource, plain),
);
const issuer = new URL(described.authorization_servers[0]);
const as = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { ...plain, algorithm: "oauth2" }),
);
const client = await oauth.processDynamicClientRegistrationResponse(
  await oauth.dynamicClientRegistrationRequest(
    as,
    {
      client_name: "An agent",
      redirect_uris: [party.redirect_uri],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      scope: described.scopes_supported.concat("offline_access").join(" "),
    },
    plain,
  ),
);

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const asked = new URL(as.authorization_endpoint);
asked.search = new URLSearchParams({
  client_id: client.client_id,
  redirect_uri: party.redirect_uri,
  response_type: "code",
  scope: client.scope,
  state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  resource: party.resource,
});
say({ url: asked.href });

const answered = oauth.validateAuthResponse(as, client, new URL(await hear()), state);
const options = { ...plain, additionalParameters: { resource: party.resource } };
const tokens = await oauth.processAuthorizationCodeResponse(
  as,
  client,
  await oauth.authorizationCodeGrantRequest(
    as,
    client,
    oauth.None(),
    answered,
    party.redirect_uri,
    verifier,
    options,
  ),
);
const renewed = await oauth.processRefreshTokenResponse(
  as,
  client,
  await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token, options),
);
say({ described, client, tokens, renewed });
