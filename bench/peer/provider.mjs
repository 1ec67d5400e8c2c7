/**
 * The peer: npm oidc-provider with its in-memory adapter, set up to do the same work as Limen.
 *
 * usage: node provider.mjs PORT CONTROL_PORT STATE_FILE NODE_MODULES
 *
 * Writes STATE_FILE (JSON: refresh_tokens, opaque_tokens) once it listens, then serves until it is killed.
 * GET /codes?count=N and /devices?count=N on the control port make authorization and device codes: a JSON list.
 */
import { generateKeyPairSync } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , port, controlPort, stateFile, nodeModules] = process.argv;
const require = createRequire(join(nodeModules, 'resolve-from-here.js'));
const main = require.resolve('oidc-provider');
const part = (path) => import(pathToFileURL(join(dirname(main), path)));
const { default: Provider } = await import(pathToFileURL(main));
const { default: MemoryAdapter, createMemoryAdapter } = await part('adapters/memory_adapter.js');
const { default: LRU } = await part('helpers/lru.js');

/**
 * The provider's own in-memory adapter keeps the last 1,000 entries. What is prepared for a run is more than that:
 * it lies in the same adapter with more room, everything else in the adapter as it comes.
 */
const PREPARED = new Set(['AuthorizationCode', 'DeviceCode', 'Grant']);
const roomy = new LRU({ maxSize: 1_000_000 });
const usual = createMemoryAdapter();
const adapter = (model) => (PREPARED.has(model) ? new MemoryAdapter(model, roomy) : usual(model));

const issuer = `http://127.0.0.1:${port}`;
const resource = 'urn:limen:bench';
const secret = process.env.BENCH_SECRET;
const TOKENS = 64;
const HOUR = 3600;

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig', alg: 'ES256' };

const resourceServer = (format) => ({
  scope: 'bench',
  audience: resource,
  accessTokenTTL: HOUR,
  accessTokenFormat: format,
  jwt: { sign: { alg: 'ES256' } },
});

const machine = {
  client_id: 'bench-machine',
  client_secret: secret,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  scope: 'bench',
  token_endpoint_auth_method: 'client_secret_basic',
};
const web = {
  client_id: 'bench-web',
  client_secret: secret,
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['http://127.0.0.1:9/callback'],
  response_types: ['code'],
  scope: 'openid offline_access email bench',
  token_endpoint_auth_method: 'client_secret_basic',
  id_token_signed_response_alg: 'ES256',
};
const device = {
  client_id: 'bench-device',
  client_secret: secret,
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
  redirect_uris: [],
  response_types: [],
  scope: 'openid',
  token_endpoint_auth_method: 'client_secret_basic',
  id_token_signed_response_alg: 'ES256',
};

const provider = new Provider(issuer, {
  adapter,
  jwks: { keys: [jwk] },
  clients: [machine, { ...machine, client_id: 'bench-opaque' }, web, device],
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  cookies: { keys: ['only-for-the-benchmark'] },
  scopes: ['openid', 'offline_access', 'email', 'bench'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.test`, email_verified: true }),
  }),
  rotateRefreshToken: false,
  ttl: {
    Grant: HOUR,
    RefreshToken: HOUR,
    AccessToken: HOUR,
    ClientCredentials: HOUR,
    IdToken: HOUR,
    AuthorizationCode: HOUR,
    DeviceCode: HOUR,
    PushedAuthorizationRequest: 60,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    dPoP: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    deviceFlow: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      // Structured tokens are refused at oidc-provider's introspection endpoint, hence the opaque client.
      getResourceServerInfo: (ctx, indicator, client) => (
        resourceServer(client.clientId === 'bench-opaque' ? 'opaque' : 'jwt')
      ),
    },
  },
});

/** Store one refresh token as a finished sign-in would have left it. */
async function refreshToken(index) {
  const client = await provider.Client.find('bench-web');
  const accountId = `customer-${index}`;
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope('openid offline_access email');
  grant.addResourceScope(resource, 'bench');
  const token = new provider.RefreshToken({
    accountId,
    client,
    grantId: await grant.save(),
    gty: 'authorization_code',
    authTime: Math.floor(Date.now() / 1000),
    iiat: Math.floor(Date.now() / 1000),
    resource,
    scope: 'openid offline_access email bench',
    expiresWithSession: false,
  });
  return token.save();
}

/** Store one authorization code, with a grant of its own, as a finished sign-in would have left it. */
async function authorizationCode(index, url) {
  const client = await provider.Client.find('bench-web');
  const accountId = `customer-${index % TOKENS}`;
  const scope = 'openid offline_access email';
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope(scope);
  grant.addResourceScope(resource, 'bench');
  const code = new provider.AuthorizationCode({
    accountId,
    client,
    grantId: await grant.save(),
    authTime: Math.floor(Date.now() / 1000),
    codeChallenge: url.searchParams.get('code_challenge'),
    codeChallengeMethod: 'S256',
    nonce: 'bench',
    redirectUri: web.redirect_uris[0],
    resource,
    scope: `${scope} bench`,
    expiresWithSession: false,
  });
  return code.save();
}

/** Store one device code that nobody has answered. */
async function deviceCode(index) {
  const code = new provider.DeviceCode({
    client: await provider.Client.find('bench-device'),
    params: { client_id: 'bench-device', scope: 'openid' },
    userCode: `BENCH${String(index).padStart(8, '0')}`,
    deviceInfo: {},
    scope: 'openid',
  });
  return code.save();
}

/** Ask the provider's own token endpoint for one opaque access token. */
async function opaqueToken() {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`bench-opaque:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'bench' }),
  });
  return (await answer.json()).access_token;
}

const makers = { '/codes': authorizationCode, '/devices': deviceCode };

const control = createServer(async (request, response) => {
  const url = new URL(request.url, issuer);
  const made = [];
  for (let index = 0; index < Number(url.searchParams.get('count')); index += 1) {
    made.push(await makers[url.pathname](index, url));
  }
  response.end(JSON.stringify(made));
});
control.listen(Number(controlPort), '127.0.0.1');

provider.listen(Number(port), '127.0.0.1', async () => {
  const indexes = Array.from({ length: TOKENS }, (_, index) => index);
  const state = {
    refresh_tokens: await Promise.all(indexes.map(refreshToken)),
    opaque_tokens: await Promise.all(indexes.map(opaqueToken)),
  };
  writeFileSync(`${stateFile}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${stateFile}.new`, stateFile);
});
