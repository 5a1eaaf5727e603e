"""The wall table of the admin: visitors log in, customers are refused everywhere, staff do what their role says."""

from dataclasses import dataclass
from datetime import date
from enum import Flag, auto
from typing import Any

from django.contrib.contenttypes.models import ContentType

from accounts.models import AuditEntry, CompanyProposal
from announcements.models import Acceptance, ContactEntry, InformationPage, RulesOfUse, ServiceComponent
from contracts.models import HourBag, Subscription
from downloads.models import Component, Delivery
from files.receiving import receive
from knowledge.models import ArticleVote
from mail.models import OutgoingMail
from tests.factories import (
    AccessRequestFactory,
    CategoryFactory,
    DepartmentFactory,
    ProductFactory,
    ReleaseFactory,
    StaffFactory,
    TopicFactory,
    announcement,
    new_note,
    webinar,
)
from tests.walls.forms import text_file
from tests.walls.patterns import Pattern
from tests.walls.roles import OUTSIDE, STAFF, Role
from tests.walls.table import LOG_IN, Answer, Owner
from tests.walls.world import NUMBER, World
from tickets.models import Ticket
from training.models import PreparationGuide
from webinars.models import Registration
from worktime.models import Holiday


class May(Flag):
    NOTHING = 0
    SEE = auto()
    ADD = auto()
    CHANGE = auto()
    DELETE = auto()


EVERYTHING = May.SEE | May.ADD | May.CHANGE | May.DELETE

# What the two roles of staff may do with the rows of each model; superusers as they stand, agents by their group.
MODELS: dict[str, dict[Role, May]] = {
    "accounts_company": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE | May.ADD | May.CHANGE},
    "accounts_user": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE | May.ADD},  # a customer's: nobody changes them
    "accounts_accessrequest": {Role.AGENT: May.NOTHING, Role.SUPERUSER: May.SEE | May.CHANGE},
    "accounts_auditentry": {Role.AGENT: May.NOTHING, Role.SUPERUSER: May.SEE},
    "accounts_companyproposal": {Role.AGENT: May.NOTHING, Role.SUPERUSER: May.SEE},
    "accounts_erasurerequest": {Role.AGENT: May.NOTHING, Role.SUPERUSER: May.SEE | May.ADD | May.CHANGE},
    "contracts_product": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "contracts_subscription": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "contracts_licencefile": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE | May.ADD},
    "contracts_hourbag": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE | May.ADD},
    "downloads_component": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "downloads_delivery": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE},  # files by DEEDS
    "downloads_installation": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE},
    "downloads_downloadlog": {Role.AGENT: May.NOTHING, Role.SUPERUSER: May.SEE},
    "knowledge_category": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "knowledge_article": {Role.AGENT: May.SEE | May.ADD, Role.SUPERUSER: EVERYTHING},
    "knowledge_articlevote": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE},
    "mail_outgoingmail": {Role.AGENT: May.NOTHING, Role.SUPERUSER: May.SEE},
    "releases_release": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "releases_releasenote": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "worktime_holiday": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "announcements_announcement": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "announcements_rulesofuse": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "announcements_acceptance": {Role.AGENT: May.NOTHING, Role.SUPERUSER: May.SEE},
    "announcements_contactentry": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "announcements_informationpage": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "announcements_servicecomponent": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "announcements_incident": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE | May.ADD | May.CHANGE},
    "webinars_webinar": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "webinars_registration": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE},
    "tickets_department": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "tickets_topic": {Role.AGENT: May.SEE, Role.SUPERUSER: EVERYTHING},
    "tickets_ticket": {
        Role.AGENT: May.SEE | May.ADD | May.CHANGE,
        Role.SUPERUSER: May.SEE | May.ADD | May.CHANGE,
    },
    "training_trainer": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE | May.ADD | May.CHANGE},
    "training_slot": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE | May.ADD | May.CHANGE},
    "training_booking": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE | May.ADD},
    "training_trainingmodule": {Role.AGENT: May.SEE, Role.SUPERUSER: May.SEE | May.ADD | May.CHANGE},
}


@dataclass(frozen=True)
class Deed:
    """A page that is no model's; the answers are those to an agent and to a superuser."""

    get: tuple[Answer, Answer]
    post: tuple[Answer, Answer]


BY_POST = Deed(get=(403, 403), post=(302, 302))
BY_POST_OF_EDITORS = Deed(get=(403, 403), post=(403, 302))
DEEDS: dict[str, Deed] = {
    "index": Deed(get=(200, 200), post=(200, 200)),
    "login": Deed(get=(302, 302), post=(302, 302)),
    "logout": Deed(get=(302, 302), post=(302, 302)),
    "password_change": Deed(get=(302, 302), post=(302, 302)),
    "password_change_done": Deed(get=(200, 200), post=(405, 405)),
    "autocomplete": Deed(get=(403, 403), post=(405, 405)),
    "jsi18n": Deed(get=(200, 200), post=(405, 405)),
    "view_on_site": Deed(get=(302, 302), post=(302, 302)),
    "app_list": Deed(get=(200, 200), post=(200, 200)),
    "": Deed(get=(404, 404), post=(404, 404)),
    "contracts_subscription_importar": Deed(get=(403, 200), post=(403, 200)),
    "contracts_subscription_aplicar": Deed(get=(403, 403), post=(403, 302)),
    "contracts_subscription_contrato": Deed(get=(200, 200), post=(403, 403)),
    "contracts_hourbag_comprar": Deed(get=(403, 403), post=(403, 422)),
    "contracts_hourbag_corregir": Deed(get=(403, 403), post=(403, 422)),
    "training_booking_calendario": Deed(get=(200, 200), post=(403, 403)),
    "training_booking_ver": Deed(get=(200, 200), post=(403, 403)),
    "training_booking_mover": Deed(get=(403, 403), post=(403, 422)),
    "training_booking_anular": Deed(get=(403, 403), post=(403, 302)),
    "training_booking_enlace": Deed(get=(403, 403), post=(403, 302)),
    "training_booking_cerrar": Deed(get=(403, 403), post=(403, 422)),
    "training_booking_grabacion": Deed(get=(403, 403), post=(403, 422)),
    "training_slot_retirar": Deed(get=(403, 403), post=(403, 302)),
    "training_slot_reponer": Deed(get=(403, 403), post=(403, 302)),
    "training_trainingmodule_guion": Deed(get=(200, 200), post=(403, 403)),
    "training_preparationguide_changelist": Deed(get=(302, 302), post=(302, 302)),  # it leads to the one guide
    "training_preparationguide_add": Deed(get=(403, 403), post=(403, 403)),
    "training_preparationguide_change": Deed(get=(200, 200), post=(403, 200)),
    "training_preparationguide_history": Deed(get=(200, 200), post=(200, 200)),
    "training_preparationguide_delete": Deed(get=(403, 403), post=(403, 403)),
    "contracts_licencefile_radar": Deed(get=(200, 200), post=(200, 200)),
    "contracts_licencefile_guardar": Deed(get=(403, 403), post=(403, 302)),
    "contracts_licencefile_archivo": Deed(get=(200, 200), post=(403, 403)),
    "contracts_licencefile_retirar": Deed(get=(403, 403), post=(403, 302)),
    "knowledge_article_enlaces": Deed(get=(200, 200), post=(403, 403)),
    "knowledge_article_vista_previa": Deed(get=(403, 403), post=(403, 200)),
    "mail_outgoingmail_hold": Deed(get=(403, 200), post=(403, 302)),
    "mail_outgoingmail_resume": Deed(get=(403, 200), post=(403, 302)),
    "mail_outgoingmail_eml": Deed(get=(403, 200), post=(403, 200)),
    "downloads_delivery_archivo": Deed(get=(403, 403), post=(403, 200)),
    "downloads_delivery_descartar": Deed(get=(403, 403), post=(403, 302)),
    "downloads_delivery_quitar": Deed(get=(403, 403), post=(403, 302)),
    "accounts_accessrequest_found": Deed(get=(403, 200), post=(403, 200)),
    "accounts_accessrequest_reject": Deed(get=(403, 200), post=(403, 302)),
    "accounts_user_invite": Deed(get=(403, 403), post=(403, 302)),
    "accounts_companyproposal_aceptar": Deed(get=(403, 403), post=(403, 302)),
    "accounts_companyproposal_rechazar": Deed(get=(403, 403), post=(403, 302)),
    "accounts_user_view_as": Deed(get=(403, 302), post=(403, 302)),  # the password first
    "accounts_company_replacement": Deed(get=(403, 302), post=(403, 302)),
    "accounts_company_replacement_confirm": Deed(get=(403, 403), post=(403, 302)),
    "accounts_company_replacement_cancel": Deed(get=(403, 403), post=(403, 302)),
    "releases_release_publicar": Deed(get=(403, 200), post=(403, 302)),
    "releases_release_retirar": Deed(get=(403, 403), post=(403, 302)),
    "announcements_announcement_publicar": Deed(get=(403, 200), post=(403, 302)),
    "announcements_announcement_retirar": BY_POST_OF_EDITORS,
    "announcements_rulesofuse_vigencia": Deed(get=(403, 200), post=(403, 302)),
    "announcements_incident_novedad": Deed(get=(403, 200), post=(403, 200)),
    "announcements_incident_tickets": Deed(get=(200, 200), post=(200, 200)),
    "webinars_webinar_anunciar": Deed(get=(403, 200), post=(403, 302)),
    "webinars_webinar_fecha": Deed(get=(403, 200), post=(403, 200)),
    "webinars_webinar_cancelar": BY_POST_OF_EDITORS,
    "webinars_webinar_grabacion": BY_POST_OF_EDITORS,
    "webinars_webinar_archivos": Deed(get=(200, 200), post=(403, 403)),
    "webinars_webinar_archivo": Deed(get=(403, 403), post=(403, 200)),
    "webinars_webinar_quitar": BY_POST_OF_EDITORS,
    "tickets_ticket_archivos": Deed(get=(403, 403), post=(422, 422)),
    "tickets_ticket_cambios": Deed(get=(200, 200), post=(405, 405)),
    "tickets_ticket_imprimir": Deed(get=(200, 200), post=(405, 405)),
    "tickets_ticket_nota": Deed(get=(403, 403), post=(200, 200)),
    "tickets_ticket_asignar": BY_POST,
    "tickets_ticket_tomar": BY_POST,
    "tickets_ticket_estado": BY_POST,
    "tickets_ticket_clasificar": BY_POST,
    "tickets_ticket_copia": BY_POST,
    "tickets_ticket_recargo": BY_POST,
    "tickets_ticket_incidencia": BY_POST,
    "tickets_ticket_version": Deed(get=(200, 200), post=(302, 302)),
}

# Django's pages of a model → what one must be allowed to read them, and to post to them.
KINDS = {
    "changelist": (May.SEE, May.SEE),
    "add": (May.ADD, May.ADD),
    "change": (May.SEE, May.CHANGE),
    "history": (May.SEE, May.SEE),
    "delete": (May.DELETE, May.DELETE),
}


def split(pattern: Pattern) -> tuple[str, str]:
    """Model and kind of a page of Django's; ("", name) for one that is in DEEDS."""
    name = pattern.name.removeprefix("admin:")
    model, _underscore, kind = name.rpartition("_")
    return (model, kind) if model in MODELS and kind in KINDS else ("", name)


def answer(pattern: Pattern, role: Role, method: str) -> Answer:
    """What `role` must get from a page of the admin, when the row is there and nothing is sent."""
    if role in OUTSIDE:
        return LOG_IN
    if role not in STAFF:
        return 403
    if is_short_link(pattern):
        return 302
    model, kind = split(pattern)
    if not model:
        deed = DEEDS[kind]
        return (deed.post if method == "POST" else deed.get)[STAFF.index(role)]
    needed = KINDS[kind][method == "POST"]
    return 200 if needed in MODELS[model][role] else 403


def is_short_link(pattern: Pattern) -> bool:
    """Django's old address of a row, which leads to its page."""
    return pattern.name == "admin:" and pattern.arguments == {"object_id"}


def names_a_row(pattern: Pattern) -> bool:
    return bool(pattern.arguments & {"object_id", "pk"})


def arguments(pattern: Pattern, world: World, *, absent: bool = False) -> dict[str, Any]:
    """The arguments of an address of the admin. Raises KeyError for one that this table does not know."""
    row = NUMBER if absent else row_of(pattern, world)
    tickets = ContentType.objects.get_for_model(Ticket).pk
    known = {"object_id": row, "pk": row, "content_type_id": tickets, "app_label": "tickets", "url": "nada"}
    known |= {"since": 0, "noted": 0, "number": world.trainings[world.ibarra.pk].recording.pk}
    return {name: known[name] for name in pattern.arguments}


def subscription(company) -> Subscription:
    """One with a contract."""
    row = Subscription.objects.filter(company=company).exclude(contract=None).first()
    if row is None:
        contract = receive(text_file("contrato.txt"))
        details = {"product": ProductFactory(), "starts": company.today(), "contract": contract}
        row = Subscription.objects.agree(by=StaffFactory(), company=company, **details)
    return row


def row_of(pattern: Pattern, world: World) -> int:
    training = world.trainings[world.ibarra.pk]
    rows = {
        "accounts/company": world.ibarra,
        "accounts/user": world.people[Role.TICKETS],
        "accounts/accessrequest": AccessRequestFactory(),
        "accounts/auditentry": AuditEntry.objects.first(),
        "accounts/companyproposal": CompanyProposal.objects.first(),
        "accounts/erasurerequest": world.asking,
        "contracts/product": ProductFactory(),
        "contracts/subscription": subscription(world.ibarra),
        "contracts/licencefile": world.licences[world.ibarra.pk],
        "contracts/hourbag": HourBag.objects.get(company=world.ibarra),
        "training/trainer": training.session.slot.trainer,
        "training/slot": training.free_slot,
        "training/booking": training.session,
        "training/trainingmodule": training.outline,
        "training/preparationguide": PreparationGuide.current(),
        "downloads/component": Component.objects.first(),
        "downloads/delivery": Delivery.objects.first(),
        "downloads/installation": world.installation,
        "downloads/downloadlog": world.taken,
        "knowledge/category": CategoryFactory(name="Vacía"),
        "knowledge/articlevote": ArticleVote.objects.cast(world.picture.article, by=world.helper, helps=False),
        "knowledge/article": world.picture.article,
        "mail/outgoingmail": OutgoingMail.objects.first(),
        "releases/releasenote": new_note(ReleaseFactory()),
        "releases/release": ReleaseFactory(),
        "worktime/holiday": Holiday.objects.get_or_create(day=date(2026, 5, 4), name="Fiesta")[0],
        "announcements/announcement": announcement(),
        "announcements/rulesofuse": RulesOfUse.objects.draft(text="Un problema, un ticket."),
        "announcements/acceptance": Acceptance.objects.first(),
        "announcements/contactentry": ContactEntry.objects.create(name="Soporte", phone="900 000 000"),
        "announcements/informationpage": InformationPage.objects.get_or_create(key="legal", text="Acme")[0],
        "announcements/servicecomponent": ServiceComponent.objects.get_or_create(name="Licencias")[0],
        "announcements/incident": world.incident,
        "webinars/webinar": webinar(),
        "webinars/registration": Registration.objects.first(),
        "tickets/department": DepartmentFactory(),
        "tickets/topic": TopicFactory(),
        "tickets/ticket": world.things_of(Role.TICKETS, Owner.OWN).ticket,
        "r": world.things_of(Role.TICKETS, Owner.OWN).ticket,
    }
    return next((row.pk for path, row in rows.items() if pattern.route.startswith(f"admin/{path}/")), NUMBER)
