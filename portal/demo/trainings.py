"""Who gives trainings, what there is to learn, and the sessions that the companies have had and have booked."""

from datetime import datetime, time, timedelta

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Company, User
from contracts.models import HourEntry, Product
from files.receiving import receive
from portal.demo.moments import moment
from training.models import Availability, Booking, Recording, Slot, Topic, Trainer, TrainingModule

PLANNING = "Planificación preventiva"
# Module → sessions, minutes of each, the remark, and the outline: what is seen in which session.
PLAN: dict[str, tuple[int, int, str, tuple[tuple[int, str], ...]]] = {
    PLANNING: (
        4, 90, "Al mes de usarlo conviene una sesión de repaso con sus dudas.",
        (
            (1, "Alta de centros y puestos"), (1, "Importar la planificación anterior"), (2, "Medidas y responsables"),
            (2, "Plazos y avisos"), (3, "Seguimiento y cierre de medidas"), (3, "Costes"), (4, "Informes y gráficos"),
        ),
    ),
    "Evaluaciones": (
        2, 90, "",
        ((1, "Plantillas de evaluación"), (1, "Evaluar un puesto"), (2, "Revisiones"), (2, "Pasar a la planificación")),
    ),
    "EPIs": (1, 60, "", ((1, "Catálogo y tallas"), (1, "Entregas firmadas"), (1, "Caducidades"))),
    "Coordinación (CAE)": (
        2, 90, "Si trabaja con muchas contratas, añada una sesión con ellas.",
        ((1, "Empresas y documentos exigidos"), (1, "Validar documentos"), (2, "Control de accesos")),
    ),
}  # fmt: skip
# Trainer → weekday, hour and minutes of what they offer every week.
WEEKLY = {
    "marta": ((0, 9, 90), (1, 12, 90), (3, 10, 90), (3, 16, 60)),
    "diego": ((2, 9, 90), (2, 12, 60), (4, 10, 90)),
}
HOURS = (("IBA", 12, "Contrato de formación, 12 horas"), ("BAH", 6, "Bono de formación, 6 horas"))


def write(*, now: datetime) -> None:
    make_plan()
    trainers = {login: make_trainer(login, now=now) for login in WEEKLY}
    administration = User.objects.get(login="admin")
    for code, hours, reason in HOURS:
        company = Company.objects.get(code=code)
        bought = moment("95d 09:00", now=now)
        HourEntry.objects.purchase(by=administration, company=company, minutes=hours * 60, reason=reason, at=bought)
    have_had(trainers["marta"], now=now)
    have_booked(trainers, now=now)


def make_plan() -> None:
    for name, (sessions, minutes, remark, topics) in PLAN.items():
        product = Product.objects.get(name=name)
        module = TrainingModule(product=product, sessions=sessions, minutes=minutes, remark=remark)
        lines = [f"Guion de la formación en {name}", "", *(f"Sesión {number}: {title}" for number, title in topics)]
        outline = SimpleUploadedFile(f"Guion {name}.txt", "\n".join(lines).encode())
        module.keep(outline=receive(outline))
        for position, (number, title) in enumerate(topics):
            Topic.objects.create(module=module, session=number, position=position, title=title)


def make_trainer(login: str, *, now: datetime) -> Trainer:
    person = User.objects.get(login=login)
    person.groups.add(Group.objects.get(name="Formación"))
    trainer = Trainer.objects.create(user=person)
    for weekday, hour, minutes in WEEKLY[login]:
        weekly = Availability(trainer=trainer, weekday=weekday, starts=time(hour), minutes=minutes)
        weekly.first_day = timezone.localdate(now) + timedelta(days=1)
        weekly.keep(at=now)
    return trainer


def have_had(trainer: Trainer, *, now: datetime) -> None:
    """Ibarra has had two sessions, one of them shorter, and called one off too late."""
    lucia, jon = (User.objects.select_related("company").get(login=login) for login in ("lucia", "jon"))
    module = TrainingModule.objects.get(product__name=PLANNING)
    had = (
        ("60d 10:00", 90, "Puesta en marcha (1/4)", "https://video.acme.example/iba-1"),
        ("40d 10:00", 75, "Puesta en marcha (2/4)", "https://video.acme.example/iba-2"),
    )
    for written, minutes, title, link in had:
        starts = moment(written, now=now)
        slot = Slot.objects.offer(trainer=trainer, starts=starts, minutes=90)
        booking = Booking.objects.book(
            slot=slot, by=lucia, company=lucia.company, module=module, people=[lucia, jon], names=["Miren Aguirre"],
            may_record=True, at=starts - timedelta(days=9),
        )  # fmt: skip
        after = starts + timedelta(hours=2)
        attended = booking.attendees.filter(user=lucia).values_list("pk", flat=True)
        booking.complete(by=trainer.user, minutes_used=minutes, attended=attended, at=after)
        Recording.objects.add(booking=booking, by=trainer.user, title=title, link=link, at=after)
    starts = moment("20d 12:00", now=now)
    slot = Slot.objects.offer(trainer=trainer, starts=starts, minutes=60)
    late = Booking.objects.book(slot=slot, by=lucia, company=lucia.company, module=None, at=starts - timedelta(days=5))
    late.cancel(by=lucia, at=starts - timedelta(hours=2))


def have_booked(trainers: dict[str, Trainer], *, now: datetime) -> None:
    """Each company has its next session, on a slot of the coming weeks."""
    lucia, yaiza = (User.objects.select_related("company").get(login=login) for login in ("lucia", "yaiza"))
    module = TrainingModule.objects.get(product__name=PLANNING)
    costs, measures = module.topics.get(title="Costes"), module.topics.get(title="Seguimiento y cierre de medidas")
    Booking.objects.book(
        slot=coming(trainers["marta"], now=now), by=lucia, company=lucia.company, module=module, more=[measures],
        less=[costs], people=[lucia], may_record=True, at=now - timedelta(hours=1),
    )  # fmt: skip
    cae = TrainingModule.objects.get(product__name="Coordinación (CAE)")
    Booking.objects.book(
        slot=coming(trainers["diego"], now=now), by=yaiza, company=yaiza.company, module=cae, people=[yaiza],
        own_link="https://teams.example/l/reunion-bahia", at=now - timedelta(hours=1),
    )  # fmt: skip


def coming(trainer: Trainer, *, now: datetime) -> Slot:
    """The first of the trainer's long slots, some days from now."""
    free = Slot.objects.free(at=now).filter(trainer=trainer, starts__gt=now + timedelta(days=4))
    return next(slot for slot in free.order_by("starts") if slot.minutes == 90)
