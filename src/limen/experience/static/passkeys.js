// Passkeys (Web Authentication Level 3). No words live here. A page says what it wants in data attributes:
// [data-passkey] holds the options as JSON and, in data-challenge, what is signed; its buttons are hidden without script.

const wanted = document.querySelector("[data-passkey]");
const web = window.PublicKeyCredential;
let waiting = null;
let answered = false;

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (mark) => mark.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const read = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }));

function options() {
  const said = JSON.parse(wanted.dataset.passkey);
  const challenge = bytes(wanted.dataset.challenge);
  if (!said.user) return { ...said, challenge, allowCredentials: read(said.allowCredentials) };
  return { ...said, challenge, user: { ...said.user, id: bytes(said.user.id) }, excludeCredentials: read(said.excludeCredentials) };
}

function asJson({ id, rawId, type, response }) {
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    answer.attestationObject = text(response.attestationObject);
    answer.transports = response.getTransports?.() ?? [];
  } else {
    answer.authenticatorData = text(response.authenticatorData);
    answer.signature = text(response.signature);
    if (response.userHandle) answer.userHandle = text(response.userHandle);
  }
  return JSON.stringify({ id, rawId: text(rawId), type, response: answer, clientExtensionResults: {} });
}

function send(credential, mediation) {
  const form = wanted.closest("form");
  form.elements.passkey.value = asJson(credential);
  if (form.elements.mediation) form.elements.mediation.value = mediation;
  answered = true;
  form.requestSubmit(form.querySelector("[data-passkey-go]"));
}

const ask = (more) => {
  const publicKey = options();
  return publicKey.user ? navigator.credentials.create({ publicKey, ...more }) : navigator.credentials.get({ publicKey, ...more });
};

async function go(event) {
  const form = wanted.closest("form");
  if (answered) return; // this is the answer on its way
  event.preventDefault();
  event.stopPropagation();
  waiting?.abort();
  const trouble = form.querySelector("[data-passkey-trouble]");
  trouble.hidden = true;
  try {
    send(await ask({}), "");
  } catch {
    trouble.hidden = false;
  }
}

// Autofill offers passkeys; or, on a page that follows a password, one is made without a question.
async function goByItself() {
  const create = wanted.dataset.mediation === "create";
  const can = create ? (await web.getClientCapabilities?.())?.conditionalCreate : await web.isConditionalMediationAvailable?.();
  if (!can) return;
  waiting = new AbortController();
  try {
    send(await ask({ mediation: "conditional", signal: waiting.signal }), "conditional");
  } catch {
    // Nobody asked for it: the button is still there.
  }
}

// What the browser shows in its lists stays true: gone keys are forgotten, names are current.
function signal({ rpId, userId, ids, name, unknown }) {
  if (unknown) return web.signalUnknownCredential?.({ rpId, credentialId: unknown });
  return Promise.all([
    web.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds: ids }),
    web.signalCurrentUserDetails?.({ rpId, userId, name, displayName: name }),
  ]);
}

async function wake() {
  window.addEventListener("pageshow", () => {
    answered = false;
  });
  for (const field of document.querySelectorAll("[data-passkey-able]")) {
    if (await web.isUserVerifyingPlatformAuthenticatorAvailable()) field.value = "yes";
  }
  for (const part of document.querySelectorAll("[data-passkey-woken]")) part.hidden = false;
  for (const part of document.querySelectorAll("[data-passkey-signal]")) {
    Promise.resolve(signal(JSON.parse(part.dataset.passkeySignal))).catch(() => {});
  }
  if (!wanted) return;
  wanted.closest("form").querySelector("[data-passkey-go]").addEventListener("click", go);
  if (wanted.dataset.mediation) await goByItself();
}

if (web) wake();
