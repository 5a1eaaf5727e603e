"""The staff's roles: groups kept by one handler from one table."""

from django.contrib.auth.models import Group, Permission

CONVERSE = ("tickets.view_ticket", "tickets.change_ticket", "contracts.view_product")
LOOK = ("accounts.view_company", "accounts.view_user", "tickets.view_topic", "tickets.view_department")
CATALOGUE = tuple(
    f"tickets.{verb}_{noun}" for noun in ("topic", "department") for verb in ("add", "change", "delete", "view")
)
COMPANIES = ("accounts.add_company", "accounts.change_company", "accounts.view_auditentry")
MAIL = ("mail.view_outgoingmail", "mail.change_outgoingmail")
PRODUCTS = ("contracts.add_product", "contracts.change_product", "contracts.view_product")

ROLES: dict[str, tuple[str, ...]] = {
    "Agente": (*CONVERSE, *LOOK),
    "Coordinación": (*CONVERSE, *LOOK, *CATALOGUE, *MAIL),
    "Supervisión": ("tickets.view_ticket", *LOOK, "accounts.view_auditentry", "mail.view_outgoingmail"),
    "Formación": LOOK,
    "Publicación": (*LOOK, *PRODUCTS),
    "Administración": (*CONVERSE, *LOOK, *CATALOGUE, *COMPANIES, *MAIL, *PRODUCTS),
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
