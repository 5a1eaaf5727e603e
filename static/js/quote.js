// “Quote”: what is marked in a message, or all of it, goes into the answer with its writer above it. Without this
// module the link brings a page that has done the same.

function markedIn(text) {
  const marked = window.getSelection();
  const inside = marked.rangeCount && text.contains(marked.getRangeAt(0).commonAncestorContainer);
  return inside ? marked.toString().trim() : "";
}

function quoted(message) {
  const text = message.querySelector(".text");
  const lines = (markedIn(text) || text.innerText).trim().split("\n");
  const introduction = message.closest("[data-quoted]").dataset.quoted;
  const writer = message.querySelector(".who strong").textContent;
  return `${introduction.replace("%(name)s", writer)}\n${lines.map((line) => `> ${line}`.trimEnd()).join("\n")}\n\n`;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-quote]");
  const area = document.querySelector("#responder textarea");
  if (!link || !area || area.hidden) return;
  event.preventDefault();
  const words = (area.value.trim() ? "\n" : "") + quoted(link.closest(".message"));
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  // Through the editing command, so that undo takes it back.
  if (!document.execCommand("insertText", false, words)) {
    area.setRangeText(words, area.value.length, area.value.length, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  area.scrollTop = area.scrollHeight;
});
