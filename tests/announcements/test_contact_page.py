"""S1-5, S1-6, S1-17, S1-25, S3-37, S3-39: how the vendor is reached, and what stands at the foot of every page."""

import pytest
from django.urls import reverse

from announcements.models import ContactEntry, InformationPage
from tests.factories import open_ticket

pytestmark = pytest.mark.django_db

PAGES = {
    "/aviso-legal/": ("legal", "Aviso legal"),
    "/privacidad/": ("privacy", "Privacidad"),
    "/accesibilidad/": ("accessibility", "Accesibilidad"),
}
SENTENCE = "Solo se atienden las comunicaciones que entran por este portal."


def text(browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


class TestContact:
    def test_telephones_have_price_and_hours_and_addresses_a_subject(self, browse, ana):
        ContactEntry.objects.create(
            name="Soporte técnico", phone="+34 900 000 001", price="Llamada gratuita", hours="De 9:00 a 18:00",
            email="soporte@acme.example", subject="[Soporte técnico] ¿A & B?",
        )  # fmt: skip

        for browser in (browse(), browse(ana)):
            page = text(browser, "/contacto/")
            for words in (
                'href="tel:+34900000001"', "Llamada gratuita", "De 9:00 a 18:00",
                'href="mailto:soporte@acme.example?subject=%5BSoporte%20t%C3%A9cnico%5D%20%C2%BFA%20%26%20B%3F"',
            ):  # fmt: skip
                assert words in page

    def test_until_anything_is_written_the_settings_say_it(self, browse, settings):
        settings.BRAND = settings.BRAND | {"phone": "900 123 456"}

        page = text(browse(), "/contacto/")

        assert "900 123 456" in page
        assert "mailto:soporte@acme.example" in page
        assert "Un ticket sin respuesta después de 48 horas" in page

    def test_without_a_telephone_nothing_is_said_to_go_by_it(self, browse):
        page = text(browse(), "/contacto/")

        assert "No hay atención telefónica" in page and "En un ticket" in page
        assert "Lo urgente, en horario de atención" not in page

    def test_whoever_may_write_a_ticket_finds_the_way_to_it(self, browse, ana, settings):
        without, own = text(browse(), "/contacto/"), text(browse(ana), "/contacto/")
        settings.GUESTS = True

        assert "Abrir un ticket" not in without
        assert f'href="{reverse("tickets:new")}"' in own
        assert f'href="{reverse("guests:new")}"' in text(browse(), "/contacto/")

    def test_the_state_of_the_service_stands_there_for_whom_it_opens(self, browse, ana, settings):
        shown = [reverse("status:status") in text(browser, "/contacto/") for browser in (browse(), browse(ana))]
        settings.STATUS_PUBLIC = True

        assert shown == [False, True]
        assert reverse("status:status") in text(browse(), "/contacto/")

    def test_what_staff_wrote_takes_its_place(self, browse, editor):
        form = {"key": "contact", "text": "Llame **solo** si es urgente.\n\n<script>alert(1)</script>"}
        browse(editor).post("/admin/announcements/informationpage/add/", form)

        page = text(browse(), "/contacto/")

        assert "Llame <strong>solo</strong> si es urgente." in page
        assert "<script>alert" not in page
        assert "Un ticket sin respuesta después de 48 horas" not in page

    def test_the_full_manual_is_a_link_or_is_asked_for(self, browse, settings):
        assert "Pedir el manual completo" in text(browse(), "/contacto/")

        settings.BRAND = settings.BRAND | {"manual": "https://www.acme.example/manual.pdf"}

        assert 'href="https://www.acme.example/manual.pdf"' in text(browse(), "/contacto/")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"phone": "javascript:alert(1)"}, {"phone": "+"}, {"phone": "٩٠٠"}, {"phone": "", "email": ""},
            {"email": "a@b\nBcc: c@d.example"}, {"name": ""}, {"position": "NaN"}, {"position": "-1"},
            {"subject": "x" * 121},
        ],
    )  # fmt: skip
    def test_hostile_entries_are_refused_in_words(self, browse, editor, wrong):
        form = {"name": "Soporte", "phone": "900 000 000", "email": "", "position": "0"}

        answer = browse(editor).post("/admin/announcements/contactentry/add/", form | wrong)

        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors
        assert not ContactEntry.objects.exists()

    def test_costs_as_much_with_many_as_with_one(self, browse, django_assert_num_queries):
        for more in (1, 30):
            for number in range(more):
                ContactEntry.objects.create(name=f"Departamento {number}", phone="900 000 000")
            with django_assert_num_queries(3):  # entries, the page that staff wrote, rules
                browse().get("/contacto/")


class TestTheFoot:
    @pytest.mark.parametrize("path", ["/acceso/", "/acceso/recuperar/", "/avisos/", "/contacto/", "/privacidad/"])
    def test_stands_on_visitors_pages(self, browse, path):
        page = text(browse(), path)

        assert "© Acme Software" in page
        for address in ("/contacto/", *PAGES):
            assert f'href="{address}"' in page

    def test_stands_on_every_page_inside(self, browse, ana):
        ticket = open_ticket(ana)

        for path in ("/inicio/", "/tickets/", ticket.get_absolute_url(), "/cuenta/perfil/"):
            page = text(browse(ana), path)
            assert "© Acme Software" in page
            assert 'href="/contacto/" title="Contacto y ayuda"' in page

    @pytest.mark.parametrize("path", PAGES)
    def test_its_pages_say_what_is_always_true_until_staff_write_them(self, browse, editor, path):
        key, title = PAGES[path]
        assert f"<h1>{title}</h1>" in text(browse(), path)
        assert "soporte@acme.example" in text(browse(), path)

        browser = browse(editor)
        for words in ("Lo **nuestro**.", "Otra vez."):
            browser.post("/admin/announcements/informationpage/add/", {"key": key, "text": words})

        assert "Lo <strong>nuestro</strong>." in text(browse(), path)
        assert InformationPage.objects.get().key == key

    @pytest.mark.parametrize(("guests", "areas"), [(True, ["tickets"]), (False, ["tickets"]), (True, [])])
    def test_privacy_says_how_guests_get_their_data_where_they_may_write(self, browse, ana, settings, guests, areas):
        settings.GUESTS, settings.AREAS = guests, areas

        for browser in (browse(), browse(ana)):
            page = text(browser, "/privacidad/")
            assert ("escríbanos desde esa dirección" in page) is (guests and "tickets" in areas)

    def test_staff_may_change_what_they_wrote(self, browse, editor):
        row = InformationPage.objects.create(key="legal", text="Antes")

        browse(editor).post(f"/admin/announcements/informationpage/{row.pk}/change/", {"text": "Ahora"})

        assert "<p>Ahora</p>" in text(browse(), "/aviso-legal/")
