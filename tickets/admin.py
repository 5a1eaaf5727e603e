from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import Company
from accounts.sessions import in_background
from announcements.admin import IncidentAdmin
from announcements.models import Incident
from knowledge.admin import ArticleAdmin
from knowledge.models import Article
from tables.admin import UncountedPaginator
from text import when
from tickets import drafting, printing, timeline
from tickets.forms import (
    AssignForm,
    ChargeForm,
    ClassifyForm,
    DraftFilesForm,
    FollowerForm,
    LinkForm,
    LinkTicketsForm,
    NoteForm,
    OpenForm,
    ScheduleForm,
    SolutionsForm,
    StaffReplyForm,
    StatusForm,
)
from tickets.models import Department, Draft, IllegalStep, RequestType, Ticket, Topic, TopicField
from tickets.models.catalogue import NESTED
from tickets.models.question import FIELDS_PER_TOPIC
from tickets.models.searching import found
from tickets.status import LIVE_STATUSES, Status, Turn

# Of the tickets that depend on an incident so many stand on its page.
LINKED_SHOWN = 200


@admin.register(Department)
class DepartmentAdmin(admin.ModelAdmin):
    show_full_result_count = False
    paginator = UncountedPaginator
    list_display = ["name", "email"]


class RequestTypeInline(admin.StackedInline):
    """What the topic is in Solicitudes; without it, it is one of new tickets."""

    model = RequestType
    extra = 0
    view_on_site = False


class QuestionInline(admin.StackedInline):
    """What the topic's form asks besides the message."""

    model = TopicField
    extra = 0
    fields = [("kind", "position", "is_required"), "label", "help", "options"]
    max_num = FIELDS_PER_TOPIC

    def get_formset(self, request, obj=None, **kwargs):
        return super().get_formset(request, obj, validate_max=True, **kwargs)


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    show_full_result_count = False
    paginator = UncountedPaginator
    list_display = ["__str__", "department", "position", "is_active", "in_requests", "for_guests"]
    list_select_related = ["parent", "department", "request_type"]
    ordering = NESTED
    inlines = [RequestTypeInline, QuestionInline]

    @admin.display(description=_("in Solicitudes"), boolean=True)
    def in_requests(self, topic):
        return hasattr(topic, "request_type")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "parent":
            kwargs["queryset"] = Topic.objects.filter(parent=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def installed_at(company: Company, *, at: datetime):
    """What a company says it runs, the newest version first."""
    said = company.installations.in_use().with_last(at=at).newest_first()
    return said.select_related("release", "component")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the queue, in an order that an index has."""

    label: str | Promise
    condition: dict[str, Any]
    order: tuple[str, ...] = ("turn", "-priority", "turn_since")


class QueueFilter(admin.SimpleListFilter):
    """The parts of the queue; what waits for support comes first and is shown by default."""

    title = _("queue")
    parameter_name = "cola"
    parts = {
        None: Part(_("Waiting for support"), {"turn": Turn.SUPPORT, "status__in": LIVE_STATUSES}),
        "cliente": Part(_("Waiting for the customer"), {"turn": Turn.COMPANY, "status__in": LIVE_STATUSES}),
        "version": Part(_("Waiting for a version"), {"status": Status.SCHEDULED}),
        "resueltos": Part(pgettext_lazy("several tickets", "Resolved"), {"status": Status.CLOSED}, ("-closed_at",)),
        "todos": Part(_("All"), {}, ("-last_message_at",)),
    }

    @classmethod
    def part(cls, key: str | None) -> Part:
        return cls.parts.get(key, cls.parts[None])

    def lookups(self, request, model_admin):
        return [(key, part.label) for key, part in self.parts.items() if key]

    def choices(self, changelist):
        for key, part in self.parts.items():
            yield {
                "selected": self.value() == key,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: key} if key else {}, [self.parameter_name]
                ),
                "display": part.label,
            }

    def queryset(self, request, queryset):
        return queryset.filter(**self.part(self.value()).condition)


class MineFilter(admin.SimpleListFilter):
    title = _("assigned to")
    parameter_name = "de"

    def lookups(self, request, model_admin):
        return [("mi", _("Me")), ("nadie", _("Nobody"))]

    def queryset(self, request, queryset):
        match self.value():
            case "mi":
                return queryset.filter(assignee=request.user)
            case "nadie":
                return queryset.filter(assignee=None)
        return queryset


@admin.register(Ticket)
class TicketAdmin(admin.ModelAdmin):
    """The desk's queue and the conversation. Everything happens through the ticket's verbs."""

    list_display = ["badge", "ticket", "customer", "topic", "urgency", "assignee", "age", "last_message"]
    list_display_links = ["ticket"]
    list_filter = [QueueFilter, MineFilter, "priority", "topic__department"]
    list_select_related = ["company", "guest", "topic__parent", "assignee"]
    list_per_page = 50
    sortable_by = ()
    search_fields = ["subject"]
    search_help_text = _("Number (IBA-12) or a guest's code, subject, messages and file names; without accents too.")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    actions = None

    # --- the queue ---

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": _("Queue")} | (extra_context or {}))

    def get_queryset(self, request):
        return Ticket.objects.for_staff(request.user).attended()

    def get_ordering(self, request):
        return QueueFilter.part(request.GET.get(QueueFilter.parameter_name)).order

    def get_search_results(self, request, queryset, search_term):
        return (found(queryset, search_term) if search_term.strip() else queryset), False

    @admin.display(description=_("status"))
    def badge(self, ticket):
        return format_html('<span class="state" data-state="{}">{}</span>', ticket.status, ticket.get_status_display())

    @admin.display(description=_("ticket"))
    def ticket(self, ticket):
        return format_html('<span class="quiet">{}</span> {}', ticket.reference, ticket.subject)

    @admin.display(description=_("company"))
    def customer(self, ticket):
        if not ticket.is_of_guest:
            return ticket.company
        guest = ticket.guest
        return format_html('{}<br><span class="quiet">{} · {}</span>', guest.name, ticket.customer, guest.email)

    @admin.display(description=_("priority"))
    def urgency(self, ticket):
        return format_html('<span class="priority-{}">{}</span>', ticket.priority, ticket.get_priority_display())

    @admin.display(description=_("waiting for"))
    def age(self, ticket):
        return when.lasting(ticket.turn_since, now=timezone.now())

    @admin.display(description=_("last message"))
    def last_message(self, ticket):
        return when.near(ticket.last_message_at, now=timezone.now())

    def has_delete_permission(self, request, obj=None):
        return False

    # --- a ticket for somebody ---

    def add_view(self, request, form_url="", extra_context=None):
        """Support opens it for a contact; an address may bring what is known already (`?author=…&subject=…`)."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        known = {name: request.GET[name] for name in OpenForm.base_fields if name in request.GET}
        form = OpenForm(request.POST if request.method == "POST" else None, initial=known)
        if form.is_valid():
            ticket = form.save(by=request.user)
            messages.success(
                request, _("%(ticket)s is open, and its author has the confirmation.") % {"ticket": ticket}
            )
            may_see = self.has_view_permission(request)
            return redirect("admin:tickets_ticket_change", ticket.pk) if may_see else redirect("admin:index")
        context = self.admin_site.each_context(request) | {"title": _("Open a ticket"), "opts": self.opts, "form": form}
        return render(request, "admin/tickets/ticket/open.html", context)

    # --- the conversation ---

    def get_urls(self):
        views = {
            "archivos": self.files_view,
            "nota": self.note_view,
            "asignar": self.assign_view,
            "tomar": self.take_view,
            "estado": self.status_view,
            "clasificar": self.classify_view,
            "version": self.schedule_view,
            "recargo": self.charge_view,
            "incidencia": self.link_view,
            "copia": self.follower_view,
        }
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"tickets_ticket_{name}")
            for name, view in views.items()
        ]
        sheet = self.admin_site.admin_view(require_safe(self.print_view))
        own.append(path("<int:pk>/imprimir/", sheet, name="tickets_ticket_imprimir"))
        changes = in_background(self.admin_site.admin_view(require_safe(self.changes_view)))
        own.append(path("<int:pk>/cambios/<int:since>/<int:noted>/", changes, name="tickets_ticket_cambios"))
        return [*own, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The conversation page: reads the thread; a POST is support's answer."""
        ticket = self.found(request, object_id)
        draft = None if request.method == "POST" else Draft.objects.waiting(person=request.user, ticket=ticket)
        form = StaffReplyForm(
            request.POST or None, request.FILES or None, person=request.user, ticket=ticket, draft=draft
        )
        if request.method == "POST":
            self.require(request, ticket, "reply")
            if form.is_valid() and form.send():
                messages.success(request, _("Your answer was sent."))
                return redirect(request.path)
        return render(request, "admin/tickets/ticket/conversation.html", self.page(request, ticket, form))

    def page(self, request, ticket, reply_form, note_form=None) -> dict:
        now, whole = timezone.now(), request.GET.get("hilo") == "entero"
        entries = timeline.for_staff(ticket, now=now, whole=whole).entries
        reply_form.quote(timeline.quotable(entries, request.GET.get("citar")))
        return self.admin_site.each_context(request) | {
            "title": str(ticket),
            "opts": self.opts,
            "ticket": ticket,
            "actions": ticket.staff_actions_for(request.user),
            "form": reply_form,
            "entries": entries,
            "noted": timeline.noted_to(ticket, entries),
            "kept": "hilo=entero&" if whole else "",
            "followers": ticket.followers.select_related("user__company"),
            "installed": installed_at(ticket.company, at=now) if ticket.company else [],
            "note_form": note_form or NoteForm(ticket=ticket),
            "answers": ticket.all_answers(),
            "charge_form": ChargeForm(ticket=ticket),
            "assign_form": AssignForm(ticket=ticket),
            "status_form": StatusForm(ticket=ticket),
            "classify_form": ClassifyForm(instance=ticket),
            "follower_form": FollowerForm(ticket=ticket),
            "link_form": LinkForm(ticket=ticket),
            "linked_count": ticket.incident.tickets.count() if ticket.incident else 0,
            "turn_lasts": when.lasting(ticket.turn_since, now=now),
        }

    def changes_view(self, request, pk, since, noted):
        """What is new in the conversation since an open page was made: messages and events, and notes since `noted`.

        Two queries when nothing is: 204.
        """
        ticket = self.found(request, pk)
        if ticket.version <= since and not timeline.is_noted_after(ticket, noted):
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        now = timezone.now()
        entries = timeline.since_for_staff(ticket, since, noted, now=now)
        context = {
            "ticket": ticket,
            "entries": entries,
            "noted": max(noted, timeline.noted_to(ticket, entries)),
            "arrived": timeline.arrived(entries, reader=request.user),
            "followers": ticket.followers.select_related("user__company"),
            "turn_lasts": when.lasting(ticket.turn_since, now=now),
        }
        return render(request, "admin/tickets/ticket/changes.html", context)

    def print_view(self, request, pk):
        """The conversation for paper, as its customers see it; `?notas` adds the internal notes."""
        ticket = self.found(request, pk)
        notes = "notas" in request.GET
        context = printing.sheet(ticket, reader=request.user, now=timezone.now(), with_notes=notes)
        context |= {"back": reverse("admin:tickets_ticket_change", args=[pk]), "has_choice": True}
        return render(request, "tickets/ticket_print.html", context)

    def files_view(self, request, pk):
        """Files sent ahead by the composer's script."""
        ticket = self.found(request, pk)
        self.require(request, ticket, "reply")
        form = DraftFilesForm(request.POST, request.FILES, person=request.user, ticket=ticket)
        form.allow_executables = True
        status = HTTPStatus.OK if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "components/composer_files.html", {"form": form}, status=status)

    def note_view(self, request, pk):
        """Keep an internal note; one that is refused stays in its field."""
        ticket = self.found(request, pk)
        self.require(request, ticket, "note")
        form = NoteForm(request.POST, ticket=ticket)
        if form.is_valid():
            return self.done(request, pk, form, _("The note was kept. Customers never see it."))
        context = self.page(request, ticket, StaffReplyForm(person=request.user, ticket=ticket), note_form=form)
        return render(request, "admin/tickets/ticket/conversation.html", context)

    def assign_view(self, request, pk):
        return self.deed(request, pk, "assign", AssignForm, done=_("The ticket was assigned."))

    def take_view(self, request, pk):
        """One click: this ticket is mine."""
        ticket = self.found(request, pk)
        self.require(request, ticket, "assign")
        ticket.assign(by=request.user, to=request.user)
        messages.success(request, _("The ticket is yours."))
        return redirect("admin:tickets_ticket_change", pk)

    def status_view(self, request, pk):
        return self.deed(request, pk, "move", StatusForm, done=_("The status was changed."))

    def classify_view(self, request, pk):
        ticket = self.found(request, pk)
        self.require(request, ticket, "classify")
        form = ClassifyForm(request.POST, instance=ticket)
        return self.done(request, pk, form, _("Topic, module and priority were kept."))

    def schedule_view(self, request, pk):
        """The notes of releases to choose from, and by POST the one that solves the ticket."""
        if request.method == "POST":
            done = _("It is kept which version solves the ticket.")
            return self.deed(request, pk, "schedule", ScheduleForm, done=done)
        ticket = self.found(request, pk)
        if "schedule" not in ticket.staff_actions_for(request.user):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | {
            "title": _("Which change solves it"),
            "opts": self.opts,
            "ticket": ticket,
            "form": SolutionsForm(request.GET, ticket=ticket),
        }
        return render(request, "admin/tickets/ticket/schedule.html", context)

    def charge_view(self, request, pk):
        """Whether the surcharge of its department is charged, and why."""
        done = _("It is kept whether the surcharge is charged. The customer sees it.")
        return self.deed(request, pk, "charge", ChargeForm, done=done)

    def link_view(self, request, pk):
        """On which incident it depends."""
        return self.deed(request, pk, "link", LinkForm, done=_("It is kept on which incident the ticket depends."))

    def follower_view(self, request, pk):
        return self.deed(request, pk, "follow", FollowerForm, done=_("The person is in copy now."))

    # --- the way of every deed ---

    def found(self, request, pk) -> Ticket:
        people = ("company", "guest", "author__company", "assignee", "topic__department")
        things = ("topic__parent", "product", "surcharge", "incident")
        things += ("release_note__release", "release_note__product")
        tickets = Ticket.objects.for_staff(request.user).select_related(*people, *things)
        if not str(pk).isascii() or not str(pk).isdigit():
            raise Http404
        return get_object_or_404(tickets, pk=pk)

    def require(self, request, ticket, action) -> None:
        if request.method != "POST" or action not in ticket.staff_actions_for(request.user):
            raise PermissionDenied

    def deed(self, request, pk, action, form_class, *, done):
        ticket = self.found(request, pk)
        self.require(request, ticket, action)
        return self.done(request, pk, form_class(request.POST, ticket=ticket), done)

    def done(self, request, pk, form, words):
        """Do what a valid form says and go back to the conversation; otherwise say why not."""
        if form.is_valid():
            try:
                form.save(by=request.user)
                messages.success(request, words)
            except IllegalStep as refusal:
                messages.error(request, refusal.message)
        else:
            messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
        return redirect("admin:tickets_ticket_change", pk)


admin.site.unregister(Incident)


@admin.register(Incident)
class IncidentOfTicketsAdmin(IncidentAdmin):
    """Incidents with the tickets that depend on them, which hear of their updates."""

    list_display = [*IncidentAdmin.list_display, "ticket_count"]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(ticket_count=Count("tickets"))

    @admin.display(description=_("tickets"))
    def ticket_count(self, incident):
        return incident.ticket_count

    def render_change_form(self, request, context, *args, **kwargs):
        context["may_see_tickets"] = request.user.has_perm("tickets.view_ticket")
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self):
        view = self.admin_site.admin_view(self.tickets_view)
        return [path("<int:pk>/tickets/", view, name="announcements_incident_tickets"), *super().get_urls()]

    def tickets_view(self, request, pk):
        """The tickets that depend on it, the last ones first; a POST ties others to it by their references."""
        tickets = Ticket.objects.for_staff(request.user)
        may_link = request.user.has_perm("tickets.change_ticket")
        may_see = self.has_view_permission(request) and request.user.has_perm("tickets.view_ticket")
        if not may_see or (request.method == "POST" and not may_link):
            raise PermissionDenied
        incident = get_object_or_404(self.get_queryset(request), pk=pk)
        form = LinkTicketsForm(self.sent(request), incident=incident, tickets=tickets)
        if form.is_valid():
            self.link(request, form)
            return redirect("admin:announcements_incident_tickets", pk)
        context = self.admin_site.each_context(request) | {
            "title": _("Tickets that depend on it"),
            "opts": self.opts,
            "incident": incident,
            "form": form,
            "may_link": may_link and not incident.is_over(at=timezone.now()),
            "tickets": tickets.filter(incident=incident)
            .select_related("company", "guest")
            .order_by("-pk")[:LINKED_SHOWN],
        }
        return render(request, "admin/announcements/incident/tickets.html", context)

    def link(self, request, form):
        try:
            count = form.save(by=request.user)
        except IllegalStep as refusal:
            messages.error(request, refusal.message)
        else:
            words = ngettext("%(count)s ticket depends on it now.", "%(count)s tickets depend on it now.", count)
            messages.success(request, words % {"count": count})


admin.site.unregister(Article)


@admin.register(Article)
class ArticleOfTicketAdmin(ArticleAdmin):
    """Articles, of which a new one may begin as a conversation that answered something."""

    def get_changeform_initial_data(self, request):
        """`?ticket=` is the conversation of which one is made: what it asked and what support answered."""
        initial = super().get_changeform_initial_data(request)
        number = initial.pop("ticket", "")
        if not number.isascii() or not number.isdigit():
            return initial
        ticket = Ticket.objects.for_staff(request.user).filter(pk=number).first()
        return initial | ({"title": ticket.subject, "text": drafting.article_of(ticket)} if ticket else {})
