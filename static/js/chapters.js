// Chapters move the video of the page. Without this they open the page with the video at their place.

const video = document.querySelector("video[data-chapters]");
const links = [...document.querySelectorAll("a[data-seconds]")];

function jump(event) {
  const link = event.target.closest("a[data-seconds]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  video.currentTime = Number(link.dataset.seconds);
  video.play().catch(() => {}); // a browser may want one more click
  video.focus();
  show();
}

// Which chapter is being watched.
function show() {
  const begun = links.filter((link) => Number(link.dataset.seconds) <= video.currentTime);
  for (const link of links) {
    if (link === begun.at(-1)) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

if (video) {
  document.addEventListener("click", jump);
  video.addEventListener("timeupdate", show);
}
