// The matrix of permissions counts what was changed and not yet saved, and asks before it is left.

const form = document.querySelector("[data-matrix]");

if (form) {
  const words = form.querySelector("[data-unsaved]");
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  let isSent = false;

  const unsaved = () => boxes.filter((box) => box.checked !== box.defaultChecked).length;

  const count = () => {
    const changes = unsaved();
    const { one, many } = words.dataset;
    words.textContent = changes ? (changes === 1 ? one : many.replace("{count}", changes)) : "";
  };

  form.addEventListener("change", count);
  form.addEventListener("submit", () => (isSent = true));
  window.addEventListener("beforeunload", (event) => unsaved() && !isSent && event.preventDefault());
  // Back from the page that says what would change: the boxes are as they were left.
  window.addEventListener("pageshow", () => {
    isSent = false;
    count();
  });
}
