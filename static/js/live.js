// Asks for what is new in an open conversation, seldom while nobody looks at it. What comes back says itself where
// it belongs; this module only sets the rhythm, and says when there is nothing more to ask for.

const SEEN = 10_000;
const HIDDEN = 60_000;
const LONGEST = 300_000;

let failures = 0;
let timer;

const asking = () => document.querySelector("[data-live]");

function plan() {
  clearTimeout(timer);
  const pause = document.hidden ? HIDDEN : SEEN;
  timer = setTimeout(ask, Math.min(pause * 2 ** failures, LONGEST));
}

function ask() {
  clearTimeout(timer);
  if (asking()) window.htmx.trigger(asking(), "ask");
}

function end(kind) {
  clearTimeout(timer);
  asking()?.remove();
  document.querySelector(`[data-live-${kind}]`).hidden = false;
}

// Whoever looks at the page has read what it shows; a page in the background has not been read.
function sayWhetherSeen(event) {
  if (event.target.matches("[data-live]") && !document.hidden) event.detail.parameters.visto = "1";
}

// The log-in page answers for a session that ended, and belongs nowhere in this one.
function keepOut(event) {
  const { xhr, pathInfo } = event.detail;
  if (new URL(xhr.responseURL).pathname === new URL(pathInfo.finalRequestPath, location.href).pathname) return;
  event.detail.shouldSwap = false;
  end("ended");
}

// What asked is gone when the answer took its place: the event then comes from what was around it.
const isAnswer = (event) => event.detail.requestConfig.elt.matches("[data-live]");

function plannedAfter(event) {
  if (!isAnswer(event)) return;
  const { status } = event.detail.xhr;
  if (status >= 400 && status < 500 && status !== 429) {
    end("gone");
    return;
  }
  failures = status >= 200 && status < 400 ? 0 : failures + 1;
  plan();
}

const title = document.title;

function showArrived() {
  const link = document.querySelector("[data-arrived]");
  if (!link) return;
  if (document.hidden) document.title = `● ${title}`;
  const message = document.querySelector(link.getAttribute("href"));
  const watch = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting || document.hidden) return;
    watch.disconnect();
    link.tabIndex = -1;
    link.parentElement.className = "visually-hidden"; // still there for whoever listens
  });
  watch.observe(message);
}

// A picture whose copy for the page is still being made shows a stand-in; the real one replaces it when it is there.
async function fetchPictures() {
  for (const picture of document.querySelectorAll("img[data-pending]")) {
    const answer = await fetch(picture.src, { method: "HEAD", redirect: "manual" });
    if (!answer.ok) continue;
    delete picture.dataset.pending;
    picture.src = `${picture.src}&lista`;
  }
}

// What waits for the antivirus asks for itself again in the rhythm of the conversation.
function askForFiles(event) {
  if (!isAnswer(event)) return;
  for (const file of document.querySelectorAll("[data-waiting-file]")) window.htmx.trigger(file, "ask");
}

function lookAgain() {
  if (document.hidden) return;
  document.title = title;
  ask();
}

document.addEventListener("htmx:configRequest", sayWhetherSeen);
document.addEventListener("htmx:beforeSwap", keepOut);
document.addEventListener("htmx:afterRequest", plannedAfter);
document.addEventListener("htmx:afterSettle", showArrived);
document.addEventListener("htmx:afterRequest", fetchPictures);
document.addEventListener("htmx:afterRequest", askForFiles);
document.addEventListener("visibilitychange", lookAgain);
plan();
