from webinars.models.chapter import Chapter
from webinars.models.material import Material
from webinars.models.registration import Registration
from webinars.models.sighting import Sighting
from webinars.models.telling import Telling
from webinars.models.webinar import IllegalStep, Webinar

__all__ = ["Chapter", "IllegalStep", "Material", "Registration", "Sighting", "Telling", "Webinar"]
