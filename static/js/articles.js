// Articles of the help on the desk: “Insert” puts the link into the answer. Without this module the link is copied.

function offer(list) {
  for (const button of list.querySelectorAll("[data-insert]")) {
    button.hidden = false;
    button.parentElement.querySelector(".to-copy").hidden = true;
  }
}

const list = document.querySelector("#articulos");
if (list) new MutationObserver(() => offer(list)).observe(list, { childList: true });

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  const area = document.querySelector("#responder textarea");
  if (!button || !area || area.hidden) return;
  // Where one is writing; in an answer that nobody has touched yet, at its end.
  const at = area.selectionStart || area.value.length;
  const before = area.value.slice(0, at);
  const words = (before && !/\s$/.test(before) ? " " : "") + button.dataset.insert;
  area.focus();
  area.setSelectionRange(at, Math.max(at, area.selectionEnd));
  // Through the editing command, so that undo takes it back.
  if (!document.execCommand("insertText", false, words)) {
    area.setRangeText(words, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
});
