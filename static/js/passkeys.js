// Passkeys: a form with data-passkey asks the browser first, and takes its answer along in the field "credential".

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

function text(buffer) {
  const raw = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const named = (credentials = []) => credentials.map((one) => ({ ...one, id: bytes(one.id) }));

function withBytes({ publicKey }) {
  const options = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (publicKey.user) options.user = { ...publicKey.user, id: bytes(publicKey.user.id) };
  if (publicKey.excludeCredentials) options.excludeCredentials = named(publicKey.excludeCredentials);
  if (publicKey.allowCredentials) options.allowCredentials = named(publicKey.allowCredentials);
  return { publicKey: options };
}

function asJson(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  const id = text(credential.rawId);
  return JSON.stringify({ id, rawId: id, type: credential.type, response, clientExtensionResults: {} });
}

function explain(form, reason) {
  for (const notice of form.querySelectorAll("[data-passkey-error]")) {
    notice.hidden = notice.dataset.passkeyError !== reason;
  }
}

const reasons = { InvalidStateError: "known", NotAllowedError: "cancelled", AbortError: "cancelled" };

async function ask(event) {
  const form = event.target;
  if (!form.matches("[data-passkey]")) return;
  const field = form.elements.credential;
  if (field.value) return;
  event.preventDefault();
  if (!form.reportValidity()) return;
  explain(form, window.PublicKeyCredential ? "" : "unsupported");
  if (!window.PublicKeyCredential) return;
  try {
    const options = withBytes(JSON.parse(form.dataset.options));
    field.value = asJson(await navigator.credentials[form.dataset.passkey](options));
    form.requestSubmit();
  } catch (error) {
    explain(form, reasons[error.name] ?? "unsupported");
  }
}

// What one answer held is worth nothing for a second one.
function forget() {
  for (const field of document.querySelectorAll("[data-passkey] [name=credential]")) field.value = "";
}

document.addEventListener("submit", ask);
window.addEventListener("pageshow", forget);
forget();
