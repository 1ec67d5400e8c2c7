/**
 * The peer: npm oidc-provider with its in-memory adapter, set up to do the same work as Limen.
 *
 * usage: node provider.mjs PORT STATE_FILE NODE_MODULES
 *
 * Writes STATE_FILE (JSON: refresh_tokens, opaque_tokens) once it listens, then serves until it is killed.
 */
import { generateKeyPairSync } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , port, stateFile, nodeModules] = process.argv;
const require = createRequire(join(nodeModules, 'resolve-from-here.js'));
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

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

const provider = new Provider(issuer, {
  jwks: { keys: [jwk] },
  clients: [machine, { ...machine, client_id: 'bench-opaque' }, web],
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  cookies: { keys: ['only-for-the-benchmark'] },
  scopes: ['openid', 'offline_access', 'email', 'bench'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.test`, email_verified: true }),
  }),
  rotateRefreshToken: false,
  ttl: { Grant: HOUR, RefreshToken: HOUR, AccessToken: HOUR, ClientCredentials: HOUR, IdToken: HOUR },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
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

/** Ask the provider's own token endpoint for one opaque access token. */
async function opaqueToken() {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`bench-opaque:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'bench' }),
  });
  return (await answer.json()).access_token;
}

provider.listen(Number(port), '127.0.0.1', async () => {
  const indexes = Array.from({ length: TOKENS }, (_, index) => index);
  const state = {
    refresh_tokens: await Promise.all(indexes.map(refreshToken)),
    opaque_tokens: await Promise.all(indexes.map(opaqueToken)),
  };
  writeFileSync(`${stateFile}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${stateFile}.new`, stateFile);
});
