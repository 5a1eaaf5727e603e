"""The devices and lights in which pages are looked at."""

DESKTOP = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light", "reduced_motion": "reduce"}
DESKTOP_DARK = DESKTOP | {"color_scheme": "dark"}
PHONE = DESKTOP | {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PHONE_DARK = PHONE | {"color_scheme": "dark"}
SMALL_PHONE = PHONE | {"viewport": {"width": 320, "height": 640}}
