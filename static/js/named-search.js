// The search boxes that Django's lists to choose from make for themselves have no name for screen readers: they get that of
// their field, whenever they are made.

function nameBoxes() {
  for (const box of document.querySelectorAll(".select2-search__field:not([aria-label])")) {
    const label = box.closest(".form-row")?.querySelector("label");
    if (label) box.setAttribute("aria-label", label.textContent.trim().replace(/:$/, ""));
  }
}

nameBoxes();
new MutationObserver(nameBoxes).observe(document.body, { childList: true, subtree: true });
