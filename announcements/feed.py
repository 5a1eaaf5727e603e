"""The public announcements for programs that read news (Atom)."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from announcements.models import Announcement
from announcements.models.announcement import NEWEST_FIRST

ENTRIES = 25


class AnnouncementsFeed(Feed):
    """What any visitor may read now; the same for everybody, whoever asks."""

    feed_type = Atom1Feed
    language = settings.LANGUAGE_CODE

    def title(self) -> str:
        with translation.override(self.language):
            return _("%(brand)s: announcements") % {"brand": settings.BRAND["name"]}

    def author_name(self) -> str:
        return settings.BRAND["vendor"]

    def link(self) -> str:
        return settings.PUBLIC_URL + reverse("announcements:list")

    def feed_url(self) -> str:
        return settings.PUBLIC_URL + reverse("announcements:feed")

    def items(self):
        now = timezone.now()
        return (
            Announcement.objects.visible_to(AnonymousUser(), at=now).in_force(at=now).order_by(*NEWEST_FIRST)[:ENTRIES]
        )

    def item_title(self, item: Announcement) -> str:
        return item.title

    def item_description(self, item: Announcement) -> str:
        return item.html

    def item_link(self, item: Announcement) -> str:
        return settings.PUBLIC_URL + item.get_absolute_url()

    def item_pubdate(self, item: Announcement):
        return item.published_at

    def item_updateddate(self, item: Announcement):
        return item.published_at


feed = login_not_required(require_safe(AnnouncementsFeed()))
