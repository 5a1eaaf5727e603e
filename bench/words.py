"""Text as customers and support write it, put together from words of our own. The same numbers give the same text."""

import random
from functools import cache

# A word that a quarter of all messages hold, but only two tickets of the company that is measured.
COMMON_ELSEWHERE = "periodicidad"
# The same, and the company that is measured does not hold it at all.
ONLY_ELSEWHERE = "estanqueidad"
# In one of some thousand messages, and in three tickets of the company that is measured.
RARE = "legionela"
# A word that every company uses all the time.
COMMON = "evaluación"
# What somebody begins to write.
TYPED = "La evaluación de riesgos se queda en blanco al abrirse"

PLACES = (
    "la evaluación de riesgos",
    "la ficha del trabajador",
    "la planificación anual",
    "el informe de accidentes",
    "la entrega de equipos de protección",
    "el reconocimiento médico",
    "la coordinación con subcontratas",
    "el plan de emergencia",
    "la pantalla de formación",
    "el listado de centros",
    "la ficha de maquinaria",
    "el registro de productos químicos",
    "la copia de seguridad",
    "el asistente de importación",
    "la agenda del técnico",
)
TROUBLES = (
    "no aparece la firma del responsable",
    "se queda en blanco al abrirse",
    "tarda varios minutos en guardar",
    "los datos del centro salen repetidos",
    "no se puede elegir la fecha de revisión",
    "el total no coincide con el del año pasado",
    "pide la clave una y otra vez",
    "se pierde lo escrito al cambiar de pestaña",
    "el documento sale con los márgenes cortados",
    "faltan los trabajadores dados de alta esta semana",
    "el botón de imprimir no hace nada",
    "los acentos salen con símbolos extraños",
)
WHENS = (
    "desde la última actualización",
    "solo en el ordenador de recepción",
    "cuando dos personas trabajan a la vez",
    "al final de la jornada",
    "en los centros con más de cien trabajadores",
    "desde que cambiamos de servidor",
    "cada vez que se añade un puesto nuevo",
    "únicamente con el usuario de administración",
    "a primera hora de la mañana",
    "tanto en la oficina como en la obra",
)
ASKED = (
    "Cuando entro en {place} {trouble}, {when}.",
    "Buenos días, tenemos un problema con {place}: {trouble}.",
    "Hemos comprobado que {trouble} en {place} {when}.",
    "Necesitamos terminar {place} antes de la auditoría y {trouble}.",
    "Ya hemos reiniciado el equipo y sigue igual: {trouble}.",
    "Adjunto una captura de {place}, donde se ve que {trouble}.",
    "A mi compañera le ocurre lo mismo en {place} {when}.",
    "Nos urge porque el técnico visita el centro el jueves y {trouble}.",
    "Antes funcionaba bien; {when} {trouble}.",
    "Si hace falta pueden conectarse a nuestro equipo y mirar {place}.",
)
ANSWERED = (
    "Gracias por el aviso; hemos reproducido el caso en {place}.",
    "Por favor, entre en {place}, pulse Revisar y díganos si {trouble}.",
    "El origen es un ajuste de {place} que se cambia {when}.",
    "Hemos corregido {place} y el cambio irá en la próxima versión.",
    "Compruebe que el usuario tiene permiso sobre {place}.",
    "Le enviamos los pasos: abra {place}, elija el centro y guarde de nuevo.",
    "Si después de esto {trouble}, responda en este mismo hilo.",
    "Hemos revisado la base de datos y {place} está completa.",
    "El aviso aparece {when} y no afecta a lo que ya estaba guardado.",
    "Dejamos el ticket a la espera de que lo confirme.",
)
MARKED = (
    f"La {COMMON_ELSEWHERE} de las revisiones no se respeta en {{place}} {{when}}.",
    f"El ensayo de {ONLY_ELSEWHERE} queda sin fecha y {{trouble}}.",
)
REFERENCE = "Lo habló {name} por teléfono con el aviso {number}."
SUBJECTS = (
    "En {place} {trouble}",
    "Problema con {place} {when}",
    "Consulta sobre {place}",
    "{Trouble} {when}",
    "No podemos cerrar {place}",
)
FIRST_NAMES = (
    "Ane",
    "Bruno",
    "Celia",
    "Darío",
    "Elena",
    "Fermín",
    "Gloria",
    "Hugo",
    "Irene",
    "Jon",
    "Karmele",
    "Óscar",
)
LAST_NAMES = ("Aranda", "Bilbao", "Cano", "Duarte", "Elorza", "Fuentes", "Gil", "Hierro", "Ibáñez", "Juárez", "Mendoza")
TRADES = ("Talleres", "Clínicas", "Montajes", "Bodegas", "Hornos", "Áridos", "Muebles", "Textiles", "Envases", "Frutas")
FILES = ("captura.png", "informe revisión.pdf", "listado de centros.xlsx", "error al guardar.png", "parte firmado.pdf")

VARIANTS = 400  # of each kind of sentence


@cache
def sentences(kind: str) -> tuple[str, ...]:
    """Whole sentences of a kind: asked, answered, marked."""
    patterns = {"asked": ASKED, "answered": ANSWERED, "marked": MARKED}[kind]
    chance = random.Random(kind)  # noqa: S311 - the same text each time is the point
    return tuple(filled(chance.choice(patterns), chance) for _ in range(VARIANTS))


def filled(pattern: str, chance: random.Random) -> str:
    trouble = chance.choice(TROUBLES)
    return pattern.format(
        place=chance.choice(PLACES), trouble=trouble, Trouble=trouble.capitalize(), when=chance.choice(WHENS)
    )


def message(chance: random.Random, *, by_support: bool, marked: bool) -> list[str]:
    """The paragraphs of a message of about 600 characters; a `marked` one holds a word that is common elsewhere."""
    pool = sentences("answered" if by_support else "asked")
    chosen = [chance.choice(pool) for _ in range(6)]
    if marked:
        chosen[3] = chance.choice(sentences("marked"))
    chosen.append(REFERENCE.format(name=name(chance), number=chance.randrange(10_000, 99_999)))
    return [" ".join(chosen[:3]), " ".join(chosen[3:5]), " ".join(chosen[5:])]


def name(chance: random.Random) -> str:
    return f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"


def subject(chance: random.Random) -> str:
    return filled(chance.choice(SUBJECTS), chance)


def body_of(paragraphs: list[str]) -> str:
    """As it was typed."""
    return "\n\n".join(paragraphs)


def html_of(paragraphs: list[str]) -> str:
    """As `text.rendering.message_html` makes it of these words, which hold no markup; a test compares the two."""
    return "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs)
