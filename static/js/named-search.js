// The search boxes that Django's lists to choose from make for themselves have no name for screen readers: they get that of
// their field.

window.addEventListener("load", () => {
  for (const box of document.querySelectorAll(".select2-search__field")) {
    const label = box.closest(".form-row")?.querySelector("label");
    if (label) box.setAttribute("aria-label", label.textContent.trim().replace(/:$/, ""));
  }
});
