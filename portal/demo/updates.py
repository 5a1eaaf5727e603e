"""The files of the last versions, what the companies have installed of them, and who took what."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from contracts.models import Product
from downloads.models import Component, Delivery, DownloadLog, Installation, ReleaseFile
from files.receiving import receive
from releases.models import Release
from releases.versions import sort_key

HEALTH = "Vigilancia de la salud"
# Short name, name, icon, what it is, ending of its files, kilobytes, the module to which it belongs.
COMPONENTS = (
    ("servidor", "Servidor de aplicaciones", "server", "El programa del servidor. Lo necesitan todas.", "zip", 412, ""),
    ("cliente", "Cliente de escritorio", "computer-desktop", "En cada equipo que usa el programa.", "zip", 186, ""),
    ("web", "Web de consulta", "globe-alt", "Si sus trabajadores consultan por la web.", "zip", 74, ""),
    ("avisos", "Servicio de avisos", "bell", "Envía los recordatorios por correo.", "zip", 31, ""),
    ("movil", "App móvil", "device-phone-mobile", "Para instalarla sin la tienda de aplicaciones.", "zip", 58, ""),
    ("manual", "Manual de actualización", "document-text", "Léalo antes de empezar.", "txt", 4, ""),
    ("analiticas", "Conector de analíticas", "heart", "Recibe resultados de laboratorio.", "zip", 22, HEALTH),
)  # fmt: skip
# Recommended to everybody, also to visitors.
PUBLIC = ("manual", "movil")
# Which of them each version changes, oldest first; and, where no version is there yet, what it is called.
VERSIONS = (
    ("7.4.0", {slug for slug, *_rest in COMPONENTS}),
    ("7.4.1", {"servidor", "movil"}),
    ("7.4.2", {"servidor", "avisos", "manual"}),
    ("7.4.3", {"servidor", "cliente", "web"}),
)
EVERY = timedelta(days=34)


def write(*, now: datetime) -> None:
    for position, (slug, name, icon, text, _ending, _size, module) in enumerate(COMPONENTS, start=1):
        product = Product.objects.get(name=module) if module else None
        Component.objects.create(
            slug=slug, name=name, icon=icon, text=text, product=product, position=position, is_public=slug in PUBLIC
        )
    releases = published(now=now)
    for release, (_version, changed) in zip(releases, VERSIONS[-len(releases) :], strict=True):
        is_first = release == releases[0]
        names = [component[0] for component in COMPONENTS if is_first or component[0] in changed]
        files = [(Component.objects.get(slug=slug), built(slug, release.version)) for slug in names]
        release.fill(files, at=day_of(release, 0))
    say_and_take(releases, now=now)


def published(*, now: datetime) -> list[Any]:
    """The last versions that are out, oldest first; a demonstration without any gets some."""
    if not Delivery.objects.published(at=now).exists():
        for back, (version, _changed) in enumerate(reversed(VERSIONS)):
            Delivery.objects.create(
                version=version,
                version_key=sort_key(version),
                state=Release.State.PUBLISHED,
                published_at=now - timedelta(days=9) - back * EVERY,
            )
    return list(Delivery.objects.published(at=now).newest_first()[: len(VERSIONS)])[::-1]


def built(slug: str, version: str):
    """A file that is like no other: so many kilobytes of anything."""
    ending, size = next((ending, size) for name, *_rest, ending, size, _module in COMPONENTS if name == slug)
    content = Random(f"{slug} {version}").randbytes(size * 1024 // 4)  # noqa: S311 - the same bytes every time
    return receive(SimpleUploadedFile(f"{slug}-{version}.{ending}", content))


def say_and_take(releases: Sequence[Delivery], *, now: datetime) -> None:
    """Ibarra is one version behind; Bahía has components of two, which the page warns of."""
    lucia, yaiza = (User.objects.select_related("company").get(login=login) for login in ("lucia", "yaiza"))
    components = list(Component.objects.filter(product=None))
    last, former = releases[-1], releases[-2 if len(releases) > 1 else -1]
    Installation.objects.say(dict.fromkeys(components, former), by=lucia, at=day_of(former, 3))
    mixed = {component: last if component.slug == "servidor" else former for component in components}
    Installation.objects.say(mixed, by=yaiza, at=day_of(last, 1))
    of_everybody = ReleaseFile.objects.filter(component__product=None)
    DownloadLog.objects.note(of_everybody.of(former), by=lucia, at=day_of(former, 2))
    DownloadLog.objects.note(of_everybody.of(last).filter(component__slug="servidor"), by=yaiza, at=day_of(last, 1))


def day_of(release: Delivery, after: int) -> datetime:
    """So many days after it came out."""
    return cast(datetime, release.published_at) + timedelta(days=after)
