"""One file for every installation. With nothing set it runs embedded on this machine; see docs/operations.md."""

import logging
from pathlib import Path

import environ
from bootstrap_wrapper import get_bootstrap_dir
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from portal import environment

BASE_DIR = Path(__file__).resolve().parent.parent
url = environ.Env()

# --- This installation ---------------------------------------------------------------------------------------------

PRODUCTION = environment.choice("PORTAL_ENV", ("embedded", "production")) == "production"
VAR_DIR = Path(environment.text("PORTAL_VAR") or BASE_DIR / "var")
PUBLIC_URL = environment.text("PORTAL_URL", "" if PRODUCTION else "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = environment.words("PORTAL_HOSTS", "" if PRODUCTION else "127.0.0.1,localhost,[::1]")
SECRET_KEY = environment.text("PORTAL_SECRET_KEY") or (
    "" if PRODUCTION else environment.kept_secret(VAR_DIR / "secret_key")
)
SECRET_KEY_FALLBACKS = environment.words("PORTAL_SECRET_KEY_FALLBACKS")
DEBUG = False

# What of the portal there is: all of it, unless areas are named (accounts/areas.py).
AREAS = environment.words("PORTAL_AREAS") or [
    "tickets", "requests", "knowledge", "training", "webinars", "releases", "downloads", "announcements", "status",
]  # fmt: skip

# The brand is data: nothing of it stands in a template.
BRAND = {
    "name": environment.text("PORTAL_BRAND", "Acme Soporte"),
    "vendor": environment.text("PORTAL_VENDOR", "Acme Software"),
    "product": environment.text("PORTAL_PRODUCT", "Acme Prevención"),
    "email": environment.text("PORTAL_CONTACT_EMAIL", "soporte@acme.example"),
    "phone": environment.text("PORTAL_CONTACT_PHONE"),
    "manual": environment.address("PORTAL_MANUAL_URL"),
    "only_here": "yes" if environment.flag("PORTAL_ONLY_HERE") else "",
    "welcome_title": environment.text("PORTAL_WELCOME_TITLE"),
    "welcome": environment.text("PORTAL_WELCOME"),
}
# Who sells hours of training: the contact address, unless it is another one.
BRAND["administration_email"] = environment.text("PORTAL_ADMINISTRATION_EMAIL") or BRAND["email"]

# Whether visitors get a home page of their own; else they are led to the log-in.
VISITORS_HOME = environment.flag("PORTAL_VISITORS_HOME")

# --- Apps and the way of a request ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "accounts.apps.SessionsConfig",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "heroicons",
    "csp",
    "portal.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    # Ours, from below upwards: each one's first rows find those of the apps before it.
    "tables",
    "text",
    "worktime",
    "files",
    "mail",
    "accounts",
    "contracts",
    "releases",
    "knowledge",
    "announcements",
    "downloads",
    "training",
    "webinars",
    "tickets",
    "portal.apps.PortalConfig",
]
MIDDLEWARE = [
    "portal.middleware.AnswerHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "portal.middleware.WholeCookiesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.AbsentAreaMiddleware",
    "accounts.middleware.ViewedPersonMiddleware",
    "accounts.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.middleware.ButtonAddressMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.LogInFirstMiddleware",
    "accounts.middleware.SessionLimitsMiddleware",
    "accounts.middleware.AreaGateMiddleware",
    "accounts.middleware.StaffSecondFactorMiddleware",
    "announcements.middleware.RulesOfUseMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.shell.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "crispy_forms.templatetags.crispy_forms_filters",
                "portal.templatetags.components",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database, cache, work -----------------------------------------------------------------------------------------

REDIS_URL = environment.text("REDIS_URL")

# manage.py lifts the limit for what operators run by hand, such as migrations.
STATEMENT_SECONDS = environment.whole("PORTAL_STATEMENT_SECONDS", 5)

DATABASES = {"default": url.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # One writer at a time: take the lock at BEGIN, wait for it, and survive a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    limits = f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout=2s"
    # A page joins its one ticket with names of many kinds: in which order hardly matters, and each join doubles the
    # time that PostgreSQL takes to choose one.
    planning = "-c join_collapse_limit=6"
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": DATABASES["default"].get("OPTIONS", {}) | {"options": f"{limits} {planning}"},
    }

# Room for every counter of attempts: a cache that is full forgets some of them.
DATABASE_CACHE = {
    "BACKEND": "portal.cache.CountingDatabase",
    "LOCATION": "portal_cache",
    "OPTIONS": {"MAX_ENTRIES": 10_000},
}
REDIS_CACHE = {
    "BACKEND": "portal.cache.RedisOrDatabase",
    "LOCATION": REDIS_URL,
    "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 0.3},
}
CACHES = {"default": REDIS_CACHE, "database": DATABASE_CACHE} if REDIS_URL else {"default": DATABASE_CACHE}
# What each process may know for a minute by itself, without asking anybody.
CACHES["process"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}

CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost/"
if not REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "queue"),
        "data_folder_out": str(VAR_DIR / "queue"),
        "control_folder": str(VAR_DIR / "queue-control"),
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 240
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

# --- People and log-in ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PortalBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.LengthValidator"},
    {"NAME": "accounts.passwords.LetterValidator"},
    {"NAME": "accounts.passwords.DigitValidator"},
    {"NAME": "accounts.passwords.SymbolValidator"},
]
PASSWORD_RESET_TIMEOUT = 60 * 60
INVITATION_DAYS = environment.whole("PORTAL_INVITATION_DAYS", 14, least=1)
# Who may register: nobody; anybody whom a manager approves; anybody, each with a company of their own.
REGISTRATION = environment.choice("PORTAL_REGISTRATION", ("closed", "approval", "open"))
EMAIL_CHANGE_HOURS = 24
# A lost manager is replaced when a second person of support has confirmed it, and after this time for objections.
BREAK_GLASS_CONFIRMATION = environment.flag("PORTAL_BREAK_GLASS_CONFIRMATION", default=True)
BREAK_GLASS_HOURS = environment.whole("PORTAL_BREAK_GLASS_HOURS", 24, least=1)

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.adapter.PortalAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CHANGE_EMAIL = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.tokens.ResetTokenGenerator"  # noqa: S105 - a class
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
ACCOUNT_FORMS = {
    "login": "accounts.forms.access.LoginForm",
    "reauthenticate": "accounts.forms.access.ReauthenticateForm",
    "reset_password": "accounts.forms.access.PasswordResetForm",
    "reset_password_from_key": "accounts.forms.access.NewPasswordForm",
    "user_token": "accounts.forms.access.PasswordResetTokenForm",
}
# accounts/limits.py counts (decision 27); allauth only the codes of the second factor, which it calls failed log-ins.
ACCOUNT_RATE_LIMITS = dict.fromkeys(("login", "reauthenticate", "reset_password", "reset_password_from_key"), "") | {
    "login_failed": "5/15m/key",
    "second_factor": "5/15m/user",
    "change_email": "5/h/user",
}
LIMITS_TIMES = environment.whole("PORTAL_LIMITS_TIMES", 1, least=1)
ALLAUTH_TRUSTED_PROXY_COUNT = environment.whole("PORTAL_TRUSTED_PROXIES", 1 if PRODUCTION else 0)

# The second factor: codes of an app, passkeys, and recovery codes for the day when neither is at hand.
STAFF_SECOND_FACTOR = environment.flag("PORTAL_STAFF_SECOND_FACTOR", PRODUCTION)
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # clocks that go half a minute wrong; no code works twice for that (accounts/second_factor.py)
MFA_FORMS = {
    "authenticate": "accounts.forms.second_factor.CodeAtLogInForm",
    "authenticate_webauthn": "accounts.forms.second_factor.PasskeyForm",
    "reauthenticate": "accounts.forms.second_factor.CodeToConfirmForm",
    "reauthenticate_webauthn": "accounts.forms.second_factor.PasskeyToConfirmForm",
}

# Idle and absolute limits of a session, in seconds.
SESSION_ENGINE = "accounts.session_store"
SESSION_IDLE_CUSTOMER = environment.whole("PORTAL_SESSION_HOURS", 8, least=1) * 3600
SESSION_IDLE_REMEMBERED = environment.whole("PORTAL_REMEMBER_DAYS", 30, least=1) * 24 * 3600
SESSION_IDLE_STAFF = environment.whole("PORTAL_STAFF_SESSION_MINUTES", 60, least=5) * 60
SESSION_ABSOLUTE_STAFF = environment.whole("PORTAL_STAFF_SESSION_HOURS", 12, least=1) * 3600
SESSION_COOKIE_AGE = SESSION_IDLE_CUSTOMER
SESSION_ACTIVITY_EVERY = 5 * 60

# --- Security of every answer --------------------------------------------------------------------------------------

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^salud/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Videos of webinars may be shown from these hosts besides; of none, if nothing is set.
VIDEO_HOSTS = environment.hosts("PORTAL_VIDEO_HOSTS")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "frame-src": [f"https://{host}" for host in VIDEO_HOSTS] or [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Language, time, static files ----------------------------------------------------------------------------------

LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Spanish")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "portal_language"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]
TIME_ZONE = "Europe/Madrid"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(environment.text("PORTAL_STATIC") or VAR_DIR / "static") if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", get_bootstrap_dir())]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
if BUCKET := environment.bucket():
    STORAGES["bucket"] = BUCKET
    # Browsers follow the portal's addresses of pictures and videos there.
    for directive in ("img-src", "media-src"):
        CONTENT_SECURITY_POLICY["DIRECTIVES"][directive].append(BUCKET["OPTIONS"]["endpoint_url"])
WHITENOISE_USE_FINDERS = not PRODUCTION

# --- Files ---------------------------------------------------------------------------------------------------------

FILES_ROOT = VAR_DIR / "files"
FILES_PER_MESSAGE = environment.whole("PORTAL_FILES_PER_MESSAGE", 20, least=1)
FILE_MEGABYTES = environment.whole("PORTAL_FILE_MEGABYTES", 25, least=1)
RELEASE_FILE_MEGABYTES = environment.whole("PORTAL_RELEASE_FILE_MEGABYTES", 4096, least=1)
FILES_ACCEL_LOCATION = environment.text("PORTAL_ACCEL_LOCATION")
CLAMAV_SOCKET = environment.socket_address("CLAMAV_SOCKET")
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "files.uploading.UploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 100
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- Mail ----------------------------------------------------------------------------------------------------------

EMAIL_BACKEND = "mail.backend.OutboxBackend"
EMAIL_URL = environment.text("EMAIL_URL")  # smtp+tls://user:password@host:587; unset: mails are kept in the outbox
MAIL_SERVER = url.email_url_config(EMAIL_URL) if EMAIL_URL else None
MAIL_TIMEOUT = 20
MAIL_HOLD = environment.flag("PORTAL_MAIL_HOLD")
MAIL_DOMAIN = environment.text("PORTAL_MAIL_DOMAIN", "acme.example")
DEFAULT_FROM_EMAIL = environment.text("PORTAL_FROM_EMAIL", f"{BRAND['name']} <no-responder@{MAIL_DOMAIN}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Tickets -------------------------------------------------------------------------------------------------------

OUTSIDE_FOLLOWERS = environment.flag("PORTAL_OUTSIDE_FOLLOWERS")
# Whether somebody without an account may open a ticket.
GUESTS = environment.flag("PORTAL_GUESTS")

# --- Announcements and the state of the service -----------------------------------------------------------------------

# Whether visitors may open the page of the service too.
STATUS_PUBLIC = environment.flag("PORTAL_STATUS_PUBLIC")

# --- Licences ------------------------------------------------------------------------------------------------------

# So many days before a licence ends its next file is mailed; twice as many before, support is told when there is none.
LICENCE_DAYS = environment.whole("PORTAL_LICENCE_DAYS", 10, least=1)

# --- Training ------------------------------------------------------------------------------------------------------

# With fewer hours than this in the bag, whoever looks after the company's contracts is told.
LOW_HOURS = environment.whole("PORTAL_LOW_HOURS", 3, least=0)
# So many weeks ahead the weekly slots of trainers are offered.
TRAINING_WEEKS = environment.whole("PORTAL_TRAINING_WEEKS", 8, least=1)
# Where sessions take place: a Jitsi server, whose rooms are made by entering them.
VIDEO_SERVER = environment.text("PORTAL_VIDEO_SERVER", "https://meet.jit.si").rstrip("/")

# --- Logs: structured, on standard error, without personal data ----------------------------------------------------

# One line for each request, when it ends.
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# A proxy of ours names each request, so that its lines and these can be read together.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = ALLAUTH_TRUSTED_PROXY_COUNT > 0
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": "portal.logs.formatter",
            "json": PRODUCTION,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["stderr"], "level": environment.text("PORTAL_LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "celery": {"level": "WARNING"},
        "django.server": {"handlers": ["stderr"], "propagate": False},
    },
}
