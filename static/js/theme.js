// Before the first paint: light or dark, as chosen (data-theme) or as the device is.
(() => {
  const root = document.documentElement;
  const device = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    const chosen = root.dataset.theme ?? "auto";
    root.dataset.bsTheme = chosen === "dark" || (chosen === "auto" && device.matches) ? "dark" : "light";
  };
  follow();
  device.addEventListener("change", follow);
  new MutationObserver(follow).observe(root, { attributeFilter: ["data-theme"] });
})();
