// The certified `oidc-provider`, as an issuer of somebody else's make, for tests.
//   node tools/oidc_provider.mjs PORT SETTINGS.json    with oidc-provider 9 installed where node finds it
// SETTINGS: {"keys": [private JWKs, the first signs], "scopes": [...], "clients": [{"client_id", "client_secret", "claims"}]}
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [port, file] = process.argv.slice(2);
const found = createRequire(`${process.cwd()}/`).resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(found));
const { keys, scopes, clients } = JSON.parse(readFileSync(file));
const claims = Object.fromEntries(clients.map((client) => [client.client_id, client.claims]));
const resource = { scope: scopes.join(" "), audience: "havn", accessTokenTTL: 300, accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } } };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys },
  clients: clients.map(({ client_id, client_secret }) => ({
    client_id, client_secret, grant_types: ["client_credentials"], response_types: [], redirect_uris: [],
    token_endpoint_auth_method: "client_secret_post" })),
  enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  scopes,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true, defaultResource: () => "urn:dk:havn", useGrantedResource: () => true, getResourceServerInfo: () => resource },
  },
  extraTokenClaims: (_, token) => claims[token.clientId],
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
