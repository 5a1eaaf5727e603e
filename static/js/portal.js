// Small conveniences of every page. Everything works without them.

// The last search box that is seen: on the page of the search its own, elsewhere that of the top bar.
function focusSearch(event) {
  if (event.key !== "/" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const boxes = [...document.querySelectorAll("[data-shortcut='/']")].filter((box) => box.getClientRects().length);
  if (typing || !boxes.length || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  boxes.at(-1).select();
}

// A form is sent once: the second click finds the button busy. Back brings it to life again.
function sendOnce(event) {
  const form = event.target;
  if (!form.matches("[data-once]") || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  const button = event.submitter;
  if (!button) return;
  button.setAttribute("aria-disabled", "true");
  const words = button.querySelector("span");
  if (button.dataset.busy && words) {
    button.dataset.idle = words.textContent;
    words.textContent = button.dataset.busy;
  }
}

function comeBack(event) {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-disabled]")) {
    button.removeAttribute("aria-disabled");
    if (button.dataset.idle) button.querySelector("span").textContent = button.dataset.idle;
  }
}

function askFirst(event) {
  const question = event.submitter?.dataset.clear;
  const form = event.target;
  const written = [...form.querySelectorAll("textarea, input[type=text]")].some((field) => field.value.trim());
  const files = form.querySelector("[data-files] > li");
  if (question && (written || files) && !window.confirm(question)) event.preventDefault();
}

// The rule of accounts/passwords.py, ticked while a password is typed; the server decides.
const rules = {
  length: (password) => [...password].length >= 8 && [...password].length <= 32,
  letter: (password) => /\p{L}/u.test(password),
  digit: (password) => /\p{Nd}/u.test(password),
  symbol: (password) => /[^\p{L}\p{N}\s]/u.test(password),
};

function tickRules(event) {
  const field = event.target;
  if (!field.matches("[data-password-rules]")) return;
  for (const item of field.form.querySelectorAll("[data-rule]")) {
    const met = rules[item.dataset.rule](field.value);
    item.classList.toggle("is-met", met);
    item.querySelector(".met").hidden = !met;
    item.querySelector(".unmet").hidden = met;
  }
}

// The log-in page, which answers when a session has ended, belongs in no part of another page.
function keepLogInOut(event) {
  const { xhr, pathInfo } = event.detail;
  const asked = new URL(pathInfo.finalRequestPath, location.href);
  if (new URL(xhr.responseURL).pathname !== asked.pathname) event.detail.shouldSwap = false;
}

document.addEventListener("keydown", focusSearch);
document.addEventListener("submit", askFirst, true);
document.addEventListener("submit", sendOnce);
document.addEventListener("input", tickRules);
document.addEventListener("htmx:beforeSwap", keepLogInOut);
window.addEventListener("pageshow", comeBack);

// Long work goes on turn by turn; without this its button does.
const goOn = document.querySelector("form[data-go-on] button");
goOn?.form.requestSubmit(goOn);
