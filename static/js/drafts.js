// Drafts: what is typed is saved while one types, and goes on being saved when the session has ended. What the server
// does not take stays in this tab until it does. Without this script a form keeps its text when it is sent.

const PAUSE = 2_000; // after the last key
const PATIENCE = 15_000; // while somebody types without a pause
const AGAIN = 10_000; // after a failure
const ALIVE = 60_000; // characters that a browser still sends while its page goes away
const REFUSED = [403, 410, 412];
const COPY = "draft ";

class Keeper {
  constructor(composer) {
    this.composer = composer;
    this.form = composer.closest("form");
    this.form.autocomplete = "off"; // the browser's memory of the fields is older than the draft
    this.person = this.form.elements.seal.value.split(".")[0];
    this.copy = `${COPY}${this.person} ${location.pathname}`;
    this.seen = [composer.dataset.revision];
    this.saved = this.text();
    this.underway = null;
    this.sending = new AbortController();
    this.listen();
  }

  listen() {
    const leaving = () => this.save({ leaving: true });
    this.form.addEventListener("input", () => this.soon());
    this.form.addEventListener("focusout", (event) => event.relatedTarget?.type !== "submit" && this.save());
    this.composer.addEventListener("refused", () => this.save({ asked: true }));
    this.composer.addEventListener("click", (event) => this.giveUp(event));
    document.addEventListener("visibilitychange", () => (document.hidden ? leaving() : this.save({ asked: this.isOver })));
    window.addEventListener("pagehide", leaving);
    window.addEventListener("pageshow", (event) => event.persisted && this.isDone && location.reload());
    window.addEventListener("online", () => this.save());
    window.addEventListener("submit", (event) => this.finish(event));
    window.addEventListener("beforeunload", (event) => this.isInTrouble && !this.isDone && event.preventDefault());
  }

  // Everything typed and chosen, as a form sends it; files go ways of their own.
  text() {
    const fields = new FormData(this.form);
    fields.delete("csrfmiddlewaretoken");
    return new URLSearchParams([...fields].filter(([, value]) => typeof value === "string")).toString();
  }

  soon() {
    this.isDone = false;
    this.began ??= Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), Math.max(0, Math.min(PAUSE, this.began + PATIENCE - Date.now())));
  }

  async save({ leaving = false, asked = false } = {}) {
    const text = this.text();
    if (this.isDone || text === this.underway || (text === this.saved && !asked)) return;
    if (this.isRefused) {
      this.remember(text);
    } else if (this.underway && !leaving) {
      this.soon();
    } else {
      clearTimeout(this.timer);
      this.began = null;
      if (this.underway) this.takeBack();
      await this.send(text);
    }
  }

  // One text at a time: a page that goes away takes back what is on its way and sends the newest.
  async send(text) {
    const { signal } = this.sending;
    const answering = this.post(text, this.seen);
    this.underway = text;
    if (this.isInTrouble) this.remember(text);
    const answer = await answering;
    if (signal.aborted) return;
    this.underway = null;
    this.hear(answer, text);
  }

  takeBack() {
    this.underway = null;
    this.sending.abort();
    this.sending = new AbortController();
  }

  // The answer, or null when none came.
  async post(text, seen) {
    const body = new URLSearchParams(text);
    const revision = crypto.getRandomValues(new Uint32Array(3)).join("-");
    for (const known of seen.slice(-10)) body.append("after", known);
    body.set("revision", revision);
    seen.push(revision);
    const keepalive = body.toString().length < ALIVE;
    const options = { method: "POST", body, redirect: "error", keepalive, signal: this.sending.signal };
    try {
      const answer = await fetch(this.composer.dataset.keep, options);
      const { ok, status, headers } = answer;
      return { ok, status, token: headers.get("X-CSRFToken"), html: await answer.text() };
    } catch {
      return null;
    }
  }

  hear(answer, text) {
    this.isRefused = REFUSED.includes(answer?.status);
    this.isOver = answer?.status === 200;
    this.isInTrouble = !answer?.ok;
    if (answer?.ok) {
      this.keep(text, answer.token);
      this.say(answer.html);
    } else {
      this.remember(this.text());
      this.stamp("");
      if (this.isRefused) {
        this.say(answer.html);
      } else {
        this.say(this.composer.dataset.unsaved);
        this.timer = setTimeout(() => this.save(), AGAIN);
      }
    }
  }

  // After a log-in in another window every form of this page needs the token of the new session.
  keep(text, token) {
    this.saved = text;
    sessionStorage.removeItem(this.copy);
    if (token) for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    this.stamp(this.composer.dataset.saved.replace("{time}", time));
  }

  remember(text) {
    try {
      sessionStorage.setItem(this.copy, JSON.stringify({ text, seen: this.seen }));
    } catch {
      // no room, or a browser that keeps nothing: the text is still in the page, which asks before it closes
    }
  }

  // What former pages of this tab could not save is saved now; of this page's own, the person sees it again.
  async recall() {
    for (const place of Object.keys(sessionStorage).filter((name) => name.startsWith(COPY))) {
      const { text, seen } = JSON.parse(sessionStorage.getItem(place));
      const answer = await this.post(text, seen);
      if (answer?.ok || answer?.status === 410) sessionStorage.removeItem(place);
      if (place !== this.copy || this.isDone || answer?.status === 410) continue;
      if (answer?.ok) location.reload();
      else this.putBack(text, answer);
    }
  }

  putBack(text, answer) {
    const fields = new URLSearchParams(text);
    for (const field of this.form.elements) {
      if (["key", "seal", "csrfmiddlewaretoken"].includes(field.name) || field.type === "file") continue;
      if (field.matches("[type=checkbox], [type=radio]")) field.checked = fields.getAll(field.name).includes(field.value);
      else if (fields.has(field.name)) field.value = fields.get(field.name);
    }
    this.hear(answer?.status === 412 ? answer : null, this.text());
  }

  // Sent or cleared: nothing is to be saved any more, unless one goes on typing, and what is on its way would come late.
  finish(event) {
    const button = event.submitter;
    if (event.target !== this.form || event.defaultPrevented) return;
    if (button?.hasAttribute("formaction") && !button.dataset.clear) return;
    clearTimeout(this.timer);
    this.isDone = true;
    this.takeBack();
  }

  giveUp(event) {
    if (!event.target.closest("[data-other-draft]")) return;
    sessionStorage.removeItem(this.copy);
    this.isDone = true;
    this.takeBack();
  }

  // Not read out: it changes at every pause.
  stamp(words) {
    this.form.querySelector("[data-draft-saved]").textContent = words;
  }

  // Read out when it changes.
  say(html) {
    if (html === this.said) return;
    this.said = html;
    this.composer.querySelector("[data-draft-notice]").innerHTML = html;
  }
}

const composer = document.querySelector("[data-composer]");
if (composer) new Keeper(composer).recall();
