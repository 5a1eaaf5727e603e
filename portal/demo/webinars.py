"""Webinars: two to come, and four in the library with their videos, chapters and slides."""

import io
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from files import display
from files.receiving import receive
from portal.demo import films
from portal.demo.documents import pdf
from portal.demo.films import Slide
from portal.demo.moments import working_day_before
from webinars.lengths import clock, seconds_of
from webinars.models import Webinar


@dataclass(frozen=True)
class Talk:
    """A webinar of the demonstration: `days` from today, working days before it where they are negative."""

    slug: str
    title: str
    speaker: str
    days: int
    begins: str
    minutes: int
    text: str
    length: str = ""
    chapters: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    registered: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


TALKS = (
    Talk(
        "planificar-la-actividad-preventiva-del-ano",
        "Planificar la actividad preventiva del año en una hora",
        "Marta Soler, equipo de soporte",
        9, "10:00", 60,
        "Cómo pasar de las evaluaciones a una planificación que se cumple:\n\n"
        "- medidas pendientes de cada centro, de una vez\n"
        "- responsables, plazos y avisos\n"
        "- el informe que pide la dirección\n\n"
        "Al final habrá quince minutos para **sus preguntas**.",
        registered=("lucia", "yaiza"),
    ),
    Talk(
        "coordinacion-de-actividades-con-contratas",
        "Coordinación de actividades con contratas: lo que cambia en 2027",
        "Diego Lara, equipo de soporte",
        23, "16:30", 45,
        "Qué documentos se piden a cada contrata, cómo se les avisa de lo que caduca y qué ve cada empresa.",
    ),
    Talk(
        "epis-con-lectura-desde-la-camara",
        "Entregas de EPIs con lectura desde la cámara",
        "Marta Soler, equipo de soporte",
        -24, "10:00", 60,
        "Entregar un EPI, recoger la firma y avisar antes de que caduque, todo desde el móvil.",
        length="42:10",
        chapters=(
            "0:00 Presentación", "3:40 Dar de alta los EPIs", "12:15 Entregar y firmar en el móvil",
            "24:30 Avisos de caducidad", "33:05 Preguntas",
        ),
        materials=("Guía de entregas de EPIs",),
        seen=("lucia",),
    ),
    Talk(
        "evaluaciones-de-riesgos-desde-cero",
        "Evaluaciones de riesgos desde cero",
        "Olga Prieto, coordinación",
        -61, "12:00", 60,
        "Para quien empieza: puestos, riesgos, medidas y la evaluación firmada.",
        length="51:25",
        chapters=("0:00 Presentación", "5:20 Centros y puestos", "19:45 Riesgos y medidas", "38:00 Firma y entrega"),
        materials=("Plantilla de puestos", "Presentación"),
    ),
    Talk(
        "vigilancia-de-la-salud-sin-papeles",
        "Vigilancia de la salud sin papeles",
        "Diego Lara, equipo de soporte",
        -103, "10:00", 45,
        "Citar a los trabajadores, recibir los aptos del servicio médico y saber qué reconocimientos vencen.",
        length="38:40",
        chapters=("0:00 Presentación", "4:10 Citaciones", "15:30 Aptitudes", "27:50 Vencimientos"),
    ),
    Talk(
        "informes-que-se-hacen-solos",
        "Informes que se hacen solos",
        "Marta Soler, equipo de soporte",
        -160, "10:00", 30,
        "Guardar un informe con sus filtros y recibirlo cada mes por correo.",
        length="27:55",
        chapters=("0:00 Presentación", "2:45 Guardar un informe", "14:20 Programar el envío"),
    ),
)  # fmt: skip


def write(*, now: datetime) -> None:
    people = {person.login: person for person in User.objects.exclude(login=None).exclude(company=None)}
    for talk in TALKS:
        webinar = announced(talk, now=now) if talk.days > 0 else kept(talk, now=now)
        for login in talk.registered:
            webinar.register(by=people[login], at=now - timedelta(days=1))
        for login in talk.seen:
            webinar.mark_seen(by=people[login], at=now - timedelta(days=3))


def announced(talk: Talk, *, now: datetime) -> Webinar:
    webinar = draft(talk, now=now, join_url=f"https://reuniones.acme.example/{talk.slug}")
    webinar.announce(tell=False, at=now - timedelta(days=4))
    return webinar


def kept(talk: Talk, *, now: datetime) -> Webinar:
    """One with everything that a recording has; its poster can be seen already."""
    lasts = seconds_of(talk.length)
    webinar = draft(talk, now=now, length=lasts)
    chapters = [(seconds_of(place), title) for place, _space, title in (one.partition(" ") for one in talk.chapters)]
    webinar.set_chapters(chapters)
    slides = [Slide(second, title) for second, title in chapters]
    webinar.put_video(received(f"{talk.slug}.webm", films.webm(slides, lasts=lasts, title=talk.title)))
    display.make_copy(webinar.put_poster(received(f"{talk.slug}.png", poster(talk))))
    for name in talk.materials:
        webinar.add_material(received(f"{name}.pdf", pdf(name, [talk.title, talk.speaker, clock(lasts)])))
    webinar.publish_recording(at=now)
    return webinar


def draft(talk: Talk, *, now: datetime, **more) -> Webinar:
    begins = moment_of(talk, now=now)
    details = {"slug": talk.slug, "title": talk.title, "speaker": talk.speaker, "text": talk.text}
    return Webinar.objects.draft(starts_at=begins, ends_at=begins + timedelta(minutes=talk.minutes), **details, **more)


def moment_of(talk: Talk, *, now: datetime) -> datetime:
    """At its hour, on a working day."""
    today = timezone.localdate(now)
    day = working_day_before(today, -talk.days) if talk.days < 0 else today + timedelta(days=talk.days)
    return timezone.make_aware(datetime.combine(weekday(day), time.fromisoformat(talk.begins)))


def weekday(day):
    """The day, or the Monday after it."""
    return day + timedelta(days=max(7 - day.weekday(), 0) if day.weekday() >= 5 else 0)


def poster(talk: Talk) -> bytes:
    buffer = io.BytesIO()
    films.slide(talk.speaker, talk.title).save(buffer, "PNG")
    return buffer.getvalue()


def received(name: str, content: bytes):
    return receive(SimpleUploadedFile(name, content))
