// The form of a contact: a login made of the name, and permissions copied without leaving the page.
// Without this the server makes the login, and copying loads the page again.

const form = document.querySelector(".contact-form");
const [first, last, login] = ["first-name", "last-name", "login"].map((name) => form.querySelector(`[data-${name}]`));

function plain(name) {
  const [word = ""] = name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().split(/\s+/).filter(Boolean);
  return word.replace(/[^\p{L}\p{N}_-]/gu, "");
}

// Only while nobody has written a login: what is there belongs to whoever wrote it.
let suggested = "";

function suggest() {
  if (login.value !== suggested) return;
  suggested = [first, last].map((field) => plain(field.value)).filter(Boolean).join(".");
  login.value = suggested;
}

function copy(event) {
  event.preventDefault();
  const [chosen] = event.target.querySelector("select").selectedOptions;
  const on = new Set(chosen.dataset.permissions.split(" "));
  for (const name of event.target.dataset.copyPermissions.split(" ")) {
    form.elements[name].checked = on.has(name);
  }
  const said = event.target.querySelector("[data-copied]");
  said.textContent = said.dataset.copied;
}

if (!login.value) for (const field of [first, last]) field.addEventListener("input", suggest);
document.querySelector("[data-copy-permissions]")?.addEventListener("submit", copy);
