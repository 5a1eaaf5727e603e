// The composer: format buttons, files sent while one writes, pasted and dropped pictures, preview.
// It improves a plain form that works without it.

const composers = document.querySelectorAll("[data-composer]");

function csrfToken(composer) {
  return composer.closest("form").querySelector("[name=csrfmiddlewaretoken]").value;
}

// --- text -----------------------------------------------------------------------------------------------------------

// Goes through the editing command, so that undo and redo keep working.
function write(area, text) {
  area.focus();
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function selection(area) {
  return area.value.slice(area.selectionStart, area.selectionEnd);
}

function surround(area, before, after) {
  const chosen = selection(area);
  const start = area.selectionStart;
  write(area, before + chosen + after);
  area.setSelectionRange(start + before.length, start + before.length + chosen.length);
}

function selectWholeLines(area) {
  const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const end = area.value.indexOf("\n", area.selectionEnd);
  area.setSelectionRange(start, end === -1 ? area.value.length : end);
}

const formats = {
  bold: (area) => surround(area, "**", "**"),
  italic: (area) => surround(area, "*", "*"),
  list(area) {
    selectWholeLines(area);
    write(area, selection(area).split("\n").map((line) => `- ${line}`).join("\n"));
  },
  link(area) {
    const chosen = selection(area);
    if (/^https?:\/\//.test(chosen)) surround(area, "[](", ")");
    else surround(area, "[", "](https://)");
  },
  code(area) {
    if (selection(area).includes("\n")) surround(area, "```\n", "\n```");
    else surround(area, "`", "`");
  },
  undo: (area) => { area.focus(); document.execCommand("undo"); },
  redo: (area) => { area.focus(); document.execCommand("redo"); },
};

const shortcuts = { b: "bold", i: "italic", k: "link" };

// The toolbar is one stop of the Tab key; the arrows move inside it.
function moveInToolbar(event) {
  if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: buttons.length - 1 }[event.key];
  const target = buttons[(next + buttons.length) % buttons.length];
  for (const button of buttons) button.tabIndex = button === target ? 0 : -1;
  target.focus();
  event.preventDefault();
}

// --- preview --------------------------------------------------------------------------------------------------------

async function togglePreview(composer, button) {
  const area = composer.querySelector("textarea");
  const pane = composer.querySelector("[data-preview-pane]");
  const showing = pane.hidden;
  if (showing) {
    const answer = await post(composer.dataset.preview, composer, { body: area.value });
    if (!answer.ok) return;
    pane.innerHTML = await answer.text();
  }
  pane.hidden = !showing;
  area.hidden = showing;
  button.setAttribute("aria-pressed", String(showing));
}

function post(url, composer, values) {
  const data = new FormData();
  data.set("key", composer.querySelector("[name=key]").value);
  for (const [name, value] of Object.entries(values)) data.append(name, value);
  return fetch(url, { method: "POST", body: data, redirect: "manual", headers: { "X-CSRFToken": csrfToken(composer) } });
}

// --- files ----------------------------------------------------------------------------------------------------------

function upload(composer, file) {
  const item = document.createElement("li");
  item.className = "attachment uploading";
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = file.name;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  item.append(name, bar);
  composer.querySelector("[data-files]").append(item);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", composer.dataset.upload);
    request.setRequestHeader("X-CSRFToken", csrfToken(composer));
    request.upload.addEventListener("progress", (event) => { bar.value = event.loaded / event.total; });
    request.addEventListener("loadend", () => resolve(finish(composer, item, file, request)));
    const data = new FormData();
    data.set("key", composer.querySelector("[name=key]").value);
    data.set("files", file, file.name);
    request.send(data);
  });
}

function finish(composer, item, file, request) {
  item.remove();
  if (request.status === 200 && new URL(request.responseURL).pathname === composer.dataset.upload) {
    const answer = document.createElement("template");
    answer.innerHTML = request.responseText;
    const arrived = answer.content.querySelector("li");
    composer.querySelector("[data-files]").append(answer.content);
    return arrived;
  }
  if (request.status === 422 || request.status === 429) {
    composer.querySelector("[data-upload-errors]").insertAdjacentHTML("beforeend", request.responseText);
  } else {
    say(composer, `${file.name}: ${composer.dataset.failed}`);
    composer.dispatchEvent(new Event("refused"));
  }
  return null;
}

function say(composer, words) {
  const line = document.createElement("div");
  line.textContent = words;
  composer.querySelector("[data-upload-errors]").append(line);
  return line;
}

// One after the other: a slow line is not made slower, and the numbers follow the order in which files were chosen.
const turns = new WeakMap();

function uploadAll(composer, files, { pasted = false } = {}) {
  composer.querySelector("[data-upload-errors]").replaceChildren();
  composer.dataset.uploading = Number(composer.dataset.uploading ?? 0) + files.length;
  let turn = turns.get(composer) ?? Promise.resolve();
  for (const file of files) turn = turn.then(() => uploadNext(composer, file, pasted));
  turns.set(composer, turn);
}

async function uploadNext(composer, file, pasted) {
  const item = await upload(composer, file);
  if (item && pasted) {
    write(composer.querySelector("textarea"), `![${composer.dataset.pasted}](adjunto:${item.dataset.position})\n`);
  }
  composer.dataset.uploading -= 1;
  if (!isUploading(composer)) composer.querySelector("[data-waiting]")?.remove();
}

function isUploading(composer) {
  return Number(composer.dataset.uploading ?? 0) > 0;
}

function named(file, number) {
  const now = new Date();
  const local = new Date(now - now.getTimezoneOffset() * 60_000);
  const stamp = local.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  const extension = file.type.split("/")[1] ?? "png";
  return new File([file], `captura-${stamp}${number ? `-${number + 1}` : ""}.${extension}`, { type: file.type });
}

async function removeFile(composer, button) {
  const answer = await post(button.getAttribute("formaction"), composer, {});
  if (answer.type !== "opaqueredirect") return; // the plain form would be led back to its page
  const item = button.closest("li");
  const area = composer.querySelector("textarea");
  area.value = area.value.replace(new RegExp(`!\\[[^\\]]*\\]\\(adjunto:${item.dataset.position}\\)\\n?`, "g"), "");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  item.remove();
  composer.querySelector("[data-upload-errors]").replaceChildren();
  composer.querySelector("[data-file-input]").focus();
}

// --- together -------------------------------------------------------------------------------------------------------

function wake(composer) {
  const area = composer.querySelector("textarea");
  const toolbar = composer.querySelector("[role=toolbar]");
  const input = composer.querySelector("[data-file-input]");
  toolbar.hidden = false;
  composer.classList.add("is-awake");
  toolbar.addEventListener("keydown", moveInToolbar);
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-format]");
    if (!button) return;
    if (button.dataset.format === "preview") togglePreview(composer, button);
    else if (!area.hidden) formats[button.dataset.format](area);
  });
  area.addEventListener("keydown", (event) => {
    const format = (event.ctrlKey || event.metaKey) && !event.shiftKey && shortcuts[event.key.toLowerCase()];
    if (format) {
      event.preventDefault();
      formats[format](area);
    } else if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      area.form.requestSubmit(composer.querySelector(".send button.btn-primary"));
    }
  });
  area.addEventListener("paste", (event) => {
    if (event.clipboardData.types.includes("text/plain")) return; // copied from a document: its text is meant
    const pictures = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
    if (!pictures.length) return;
    event.preventDefault();
    uploadAll(composer, pictures.map(named), { pasted: true });
  });
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    uploadAll(composer, files);
  });
  composer.addEventListener("dragover", (event) => {
    event.preventDefault();
    composer.classList.add("is-target");
  });
  composer.addEventListener("dragleave", () => composer.classList.remove("is-target"));
  composer.addEventListener("drop", (event) => {
    event.preventDefault();
    composer.classList.remove("is-target");
    uploadAll(composer, [...event.dataTransfer.files]);
  });
  composer.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    event.preventDefault();
    removeFile(composer, button);
  });
  area.form.addEventListener("submit", (event) => {
    if (!isUploading(composer) || event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    if (!composer.querySelector("[data-waiting]")) say(composer, composer.dataset.wait).dataset.waiting = "";
  }, true);
}

composers.forEach(wake);
