// How far a large file has come. Without this the form is sent as any other.

const MEGABYTE = 1024 * 1024;

function send(event) {
  const form = event.target.closest("form[data-upload]");
  if (!form || !form.querySelector("input[type=file]").files.length) return;
  event.preventDefault();
  const [place, button] = [form.querySelector(".upload-progress"), form.querySelector("[type=submit]")];
  const [bar, words] = [place.querySelector("progress"), place.querySelector("span")];
  const request = new XMLHttpRequest();
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = loaded / total;
    const figures = { done: Math.floor(loaded / MEGABYTE), all: Math.ceil(total / MEGABYTE) };
    words.textContent = words.dataset.sent.replace(/{(\w+)}/g, (_hole, name) => figures[name]);
  };
  request.upload.onload = () => (words.textContent = words.dataset.kept);
  request.onload = () => show(request);
  request.onerror = () => {
    words.textContent = words.dataset.broken;
    button.disabled = false;
  };
  request.open("POST", form.action);
  request.send(new FormData(form));
  place.hidden = false;
  button.disabled = true;
}

// The page that answers, in the place of this one: the table with the new file, or the form with what is wrong.
function show(request) {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const answer = page.querySelector("#content-start");
  if (answer) document.querySelector("#content-start").replaceWith(document.adoptNode(answer));
  else location.reload();
}

document.addEventListener("submit", send);
