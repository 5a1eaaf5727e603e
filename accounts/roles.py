"""The staff's roles: groups kept by one handler from one table."""

from django.contrib.auth.models import Group, Permission

CONVERSE = ("tickets.view_ticket", "tickets.add_ticket", "tickets.change_ticket", "contracts.view_product")
LOOK = (
    "accounts.view_company", "accounts.view_user", "tickets.view_topic", "tickets.view_department",
    "tickets.view_requesttype", "tickets.view_topicfield",
    "releases.view_release", "releases.view_releasenote",
    "downloads.view_component", "downloads.view_delivery", "downloads.view_installation", "worktime.view_holiday",
    "knowledge.view_article", "knowledge.view_category", "knowledge.view_articlevote",
    "webinars.view_webinar", "webinars.view_registration",
    "announcements.view_announcement", "announcements.view_rulesofuse", "announcements.view_contactentry",
    "announcements.view_informationpage", "announcements.view_servicecomponent", "announcements.view_incident",
)  # fmt: skip
CATALOGUE = tuple(
    f"tickets.{verb}_{noun}"
    for noun in ("topic", "department", "requesttype", "topicfield")
    for verb in ("add", "change", "delete", "view")
)
COMPANIES = (
    "accounts.add_company", "accounts.change_company", "accounts.view_auditentry",
    "accounts.view_companyproposal", "accounts.change_companyproposal",
    "accounts.view_accessrequest", "accounts.change_accessrequest",
)  # fmt: skip
HOLIDAYS = tuple(f"worktime.{verb}_holiday" for verb in ("add", "change", "delete"))
# To look at the portal as a customer does; to appoint a manager in place of one who is lost.
VIEW = ("accounts.view_as_person",)
BREAK_GLASS = ("accounts.replace_manager",)
PRIVACY = ("accounts.view_erasurerequest", "accounts.add_erasurerequest", "accounts.change_erasurerequest")
MAIL = ("mail.view_outgoingmail", "mail.change_outgoingmail")
LICENCES_SEEN = ("contracts.view_subscription", "contracts.view_licencefile")
LICENCES = (
    *LICENCES_SEEN,
    "contracts.add_subscription", "contracts.change_subscription", "contracts.delete_subscription",
    "contracts.add_licencefile", "contracts.change_licencefile",
)  # fmt: skip
TRAINING_SEEN = (
    "training.view_trainer", "training.view_availability", "training.view_absence", "training.view_slot",
    "training.view_booking", "training.view_trainingmodule", "training.view_topic", "training.view_preparationguide",
    "contracts.view_hourbag",
)  # fmt: skip
PLANNED = ("availability", "absence", "topic", "trainer", "slot", "booking", "trainingmodule")
TRAINING = (
    *TRAINING_SEEN,
    *(f"training.{verb}_{noun}" for noun in PLANNED for verb in ("add", "change")),
    *(f"training.delete_{noun}" for noun in ("availability", "absence", "topic")),
    "training.change_preparationguide",
    "contracts.add_hourbag", "contracts.change_hourbag", "contracts.view_product", "tickets.add_ticket",
)  # fmt: skip
UPDATES = (
    "downloads.add_component", "downloads.change_component", "downloads.change_delivery", "downloads.view_downloadlog",
)  # fmt: skip
WEBINARS = tuple(f"webinars.{verb}_webinar" for verb in ("add", "change", "delete"))
ANNOUNCED = ("announcement", "rulesofuse", "contactentry", "informationpage", "servicecomponent", "incident")
ANNOUNCEMENTS = (
    *(f"announcements.{verb}_{noun}" for noun in ANNOUNCED for verb in ("add", "change", "delete")),
    "announcements.view_acceptance",
)
PRODUCTS = ("contracts.add_product", "contracts.change_product", "contracts.view_product")
# Of a ticket, say; who may change articles publishes them.
DRAFTS = ("knowledge.add_article", "knowledge.view_articlepicture", "knowledge.delete_articlepicture")
RELEASES = tuple(
    f"releases.{verb}_{noun}" for noun in ("release", "releasenote") for verb in ("add", "change", "delete")
)
KNOWLEDGE = (
    *(f"knowledge.{verb}_{noun}" for noun in ("article", "category") for verb in ("add", "change", "delete")),
    "knowledge.view_articlepicture", "knowledge.delete_articlepicture",
)  # fmt: skip

ROLES: dict[str, tuple[str, ...]] = {
    "Agente": (*CONVERSE, *LOOK, *LICENCES_SEEN, *TRAINING_SEEN, *DRAFTS),
    "Coordinación": (*CONVERSE, *LOOK, *LICENCES_SEEN, *CATALOGUE, *HOLIDAYS, *MAIL, *VIEW, *DRAFTS),
    "Supervisión": (
        *("tickets.view_ticket", *LOOK, "accounts.view_auditentry", "mail.view_outgoingmail"),
        *(*VIEW, *BREAK_GLASS),
    ),
    "Formación": (*LOOK, *HOLIDAYS, *TRAINING, *WEBINARS),
    "Publicación": (*LOOK, *PRODUCTS, *RELEASES, *UPDATES, *KNOWLEDGE, *LICENCES, *WEBINARS, *ANNOUNCEMENTS),
    "Administración": (
        *(*CONVERSE, *LOOK, *CATALOGUE, *HOLIDAYS, *COMPANIES, *PRIVACY, *MAIL, *PRODUCTS, *RELEASES, *UPDATES),
        *(*KNOWLEDGE, *LICENCES, *TRAINING, *WEBINARS, *ANNOUNCEMENTS, *VIEW, *BREAK_GLASS),
    ),
}


def keep_roles(using: str) -> None:
    """Make each role's group hold exactly its permissions. Safe to run twice."""
    permissions = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
    for name, names in ROLES.items():
        group, _created = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set([permissions[name] for name in names if name in permissions])
