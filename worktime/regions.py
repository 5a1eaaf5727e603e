"""The autonomous communities and cities of Spain, by which public holidays differ."""

from django.db import models


class Region(models.TextChoices):
    """A region; its code is the one of ISO 3166-2:ES. Their names are the same in every language of the portal."""

    ANDALUCIA = "AN", "Andalucía"
    ARAGON = "AR", "Aragón"
    ASTURIAS = "AS", "Asturias"
    BALEARES = "IB", "Illes Balears"
    CANARIAS = "CN", "Canarias"
    CANTABRIA = "CB", "Cantabria"
    CASTILLA_LA_MANCHA = "CM", "Castilla-La Mancha"
    CASTILLA_Y_LEON = "CL", "Castilla y León"
    CATALUNA = "CT", "Cataluña"
    CEUTA = "CE", "Ceuta"
    EXTREMADURA = "EX", "Extremadura"
    GALICIA = "GA", "Galicia"
    LA_RIOJA = "RI", "La Rioja"
    MADRID = "MD", "Comunidad de Madrid"
    MELILLA = "ML", "Melilla"
    MURCIA = "MC", "Región de Murcia"
    NAVARRA = "NC", "Comunidad Foral de Navarra"
    PAIS_VASCO = "PV", "País Vasco"
    VALENCIA = "VC", "Comunitat Valenciana"
