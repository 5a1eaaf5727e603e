"""What people do in a browser, and what they see there, in few words."""

from playwright.sync_api import Locator, Page, expect

from tests.factories import PASSWORD

COPY_A_SCREENSHOT = """async () => {
  const canvas = new OffscreenCanvas(320, 200);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#1d4fd8";
  pen.fillRect(20, 20, 280, 60);
  const picture = await canvas.convertToBlob();
  await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
}"""

CARRY_FILES = """files => {
  const carried = new DataTransfer();
  for (const [name, text] of Object.entries(files)) carried.items.add(new File([text], name));
  return carried;
}"""

SHOWS_FOCUS = """() => {
  const here = document.activeElement;
  const around = here.matches("textarea") ? [here.closest(".composer")] : [...(here.labels ?? [])];
  return [here, ...around].filter(Boolean).some((element) => {
    const style = getComputedStyle(element);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return outlined || style.boxShadow !== "none";
  });
}"""


def log_in(page: Page, person) -> None:
    page.goto("/acceso/")
    page.get_by_label("Usuario o correo electrónico").fill(person.login)
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()


def fill_new_ticket(page: Page, subject: str, body: str) -> None:
    page.get_by_label("Tema").select_option("Incidencia")
    page.get_by_label("Asunto").fill(subject)
    page.get_by_label("Mensaje").fill(body)


def paste_screenshot(area: Locator) -> None:
    """Through the clipboard, as Print Screen and Ctrl+V do."""
    area.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    area.page.evaluate(COPY_A_SCREENSHOT)
    area.focus()
    area.press("Control+v")


def drop(area: Locator, files: dict[str, str]) -> None:
    """Drag files from the desktop onto the area. `files`: name → text."""
    area.dispatch_event("drop", {"dataTransfer": area.page.evaluate_handle(CARRY_FILES, files)})


def choose(page: Page, files: dict[str, str]) -> None:
    """Choose files with the button. `files`: name → text."""
    chosen = [
        {"name": name, "mimeType": "application/octet-stream", "buffer": text.encode()} for name, text in files.items()
    ]
    page.get_by_label("Adjuntar archivos").set_input_files(chosen)


def attached(page: Page) -> Locator:
    """The files that have arrived and wait in the composer."""
    files = page.get_by_role("list", name="Archivos adjuntos").get_by_role("listitem")
    return files.filter(has=page.get_by_role("button", name="Quitar"))


def tab_to(target: Locator, *, key: str = "Tab") -> None:
    """Reach the target by the Tab key alone. Where one stands can be seen at every stop."""
    page = target.page
    expect(target).to_be_visible()
    page.wait_for_load_state()  # a key that comes before the page is lost
    for _stop in range(60):
        page.keyboard.press(key)
        assert page.evaluate(SHOWS_FOCUS), page.evaluate("document.activeElement.outerHTML")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"The Tab key does not lead to {target}")


def expect_picture(picture: Locator) -> None:
    """The picture is there and not broken."""
    expect(picture).to_be_visible()
    picture.scroll_into_view_if_needed()
    expect(picture).not_to_have_js_property("naturalWidth", 0)


def overflow(page: Page) -> int:
    """How many pixels of the page stand out at the side."""
    return page.evaluate("document.scrollingElement.scrollWidth") - page.viewport_size["width"]
