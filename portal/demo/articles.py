"""The help of the vendor, told by `articles.toml`: its categories, articles, a picture, and what readers said."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.text import slugify

from accounts.models import User
from contracts.models import Product
from files import display
from files.receiving import receive
from knowledge.models import Article, ArticlePicture, ArticleVote, Category
from portal.demo.pictures import screenshot

FILE = Path(__file__).parent / "articles.toml"
# Person, article, whether it helped, and why not.
VOTES = (
    ("lucia", "exportar-un-informe", True, ""),
    ("jon", "exportar-un-informe", True, ""),
    ("amaia", "actualizar-a-una-version-nueva", False, "Falta decir cuánto tarda la copia de la base de datos."),
    ("nerea", "el-informe-sale-en-blanco", True, ""),
    ("yaiza", "entregar-epis-a-un-grupo", False, "No sé dónde se firma el recibo."),
)


def write(*, now: datetime) -> None:
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    for position, shelf in enumerate(told["category"], start=1):
        category = Category.objects.create(slug=slugify(shelf["name"]), position=position, **shelf)
        for place, article in enumerate(told[slugify(shelf["name"])], start=1):
            put(category, place, article, now=now)
    for slug, others in told["related"].items():
        Article.objects.get(slug=slug).related.set(Article.objects.filter(slug__in=others))
    for login, slug, helps, reason in VOTES:
        person, article = User.objects.get(login=login), Article.objects.get(slug=slug)
        ArticleVote.objects.cast(article, by=person, helps=helps, reason=reason)
    display.make_display_copies(at=now - timedelta(hours=1))


def put(category: Category, place: int, told: Mapping[str, Any], *, now: datetime) -> None:
    details = {
        "audience": told.get("audience", Article.Audience.REGISTERED),
        "modules": Product.objects.filter(name__in=told.get("modules", ())),
        "state": told.get("state", Article.State.PUBLISHED),
    }
    at = now - timedelta(days=told["days"])
    article = Article.objects.write(
        category=category, position=place, title=told["title"], text=told["text"].strip(), at=at, **details
    )
    if picture := told.get("picture"):
        content = screenshot(picture["module"], picture["columns"], picture["rows"], picture.get("alert", ()))
        ArticlePicture.objects.add(article, receive(SimpleUploadedFile(picture["name"], content)))
        article.render_again()
