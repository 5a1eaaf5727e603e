// Copy buttons. Without them the text can be selected.

async function copy(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const words = button.querySelector("span");
  await navigator.clipboard.writeText(button.dataset.copy);
  const before = words.textContent;
  words.textContent = button.dataset.done;
  button.setAttribute("aria-live", "polite");
  setTimeout(() => (words.textContent = before), 2000);
}

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  document.addEventListener("click", copy);
}
