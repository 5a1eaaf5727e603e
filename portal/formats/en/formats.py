"""English dates that nobody reads the other way round (12/03), and hours as on every page."""

SHORT_DATE_FORMAT = "M j, Y"
SHORT_DATETIME_FORMAT = "M j, Y, H:i"
DATETIME_FORMAT = "F j, Y, H:i"
TIME_FORMAT = "H:i"
