"""All settings, read from the environment; `bin/up` and `bin/manage` fill it in."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config.env import (
    env_bool,
    env_choice,
    env_contact,
    env_database,
    env_int,
    env_list,
    env_mailer,
    env_networks,
    env_origin,
    env_str,
    env_vapid,
)

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env_str("GUILDHALL_DATA", str(BASE_DIR / "var"))).resolve()

# --- The site
DEBUG = env_bool("DEBUG", default=False)
SECRET_KEY = env_str("SECRET_KEY")
# Fernet keys, the newest first; old ones still read.
ENCRYPTION_KEYS = env_list("ENCRYPTION_KEYS")
BASE_URL = env_origin("BASE_URL", "http://127.0.0.1:8000")
SITE_HOST = urlsplit(BASE_URL).hostname or ""
SECURE = BASE_URL.startswith("https://")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS") or [SITE_HOST, "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SIGNUP = env_choice("SIGNUP", "open", {"open", "invite"})
RATE_LIMITS = env_bool("RATE_LIMITS", default=True)
METRICS_TOKEN = env_str("METRICS_TOKEN", "")

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "accounts",
    "reminders",
    "productivity.tags",
    "productivity.tasks",
    "productivity.today",
    "operations",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",  # the widgets' templates, which our form renderer finds like any other
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "allauth.headless",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "django_celery_beat",
]

MIDDLEWARE = [
    "config.web.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "config.web.middleware.Hygiene",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.Preferences",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.web.toasts.toast_middleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.seen.SessionSeen",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["config.web.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.households",
                "reminders.context.inbox",
            ],
        },
    }
]
FORM_RENDERER = "config.web.forms.FormRenderer"

# --- PostgreSQL: pages and jobs, staff and engine, migrations
DATABASES = {
    "default": env_database("DATABASE_URL"),
    "system": env_database("DATABASE_SYSTEM_URL"),
}
# Only who migrates or makes backups is given it.
if env_str("DATABASE_OWNER_URL", ""):
    DATABASES["owner"] = env_database("DATABASE_OWNER_URL")
for _alias in ("default", "system"):
    # Persistent connections: opening one costs ten times a request's own work.
    DATABASES[_alias] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}

# --- Valkey: broker, cache, throttles, live
REDIS_URL = env_str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "config.web.cache.ForgivingCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = SECURE
LANGUAGE_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Signing in
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.signin.AccountAdapter"
USERSESSIONS_ADAPTER = "accounts.sessions.SessionsAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_FORMS = {
    "login": "accounts.signin_forms.LoginForm",
    "signup": "accounts.signin_forms.SignupForm",
    "add_email": "accounts.signin_forms.AddEmailForm",
    "change_password": "accounts.signin_forms.ChangePasswordForm",
    "reset_password": "accounts.signin_forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.signin_forms.ResetPasswordKeyForm",
}
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USERNAME_MIN_LENGTH = 3
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = (
    {"login_failed": "5/5m/key,20/m/ip", "signup": "20/m/ip", "reset_password": "5/m/key,20/m/ip"}
    if RATE_LIMITS
    else False
)
HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy"
HEADLESS_JWT_PRIVATE_KEY = env_str("JWT_PRIVATE_KEY").replace("\\n", "\n")
HEADLESS_JWT_ALGORITHM = "RS256"
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 300
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 30 * 24 * 3600
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
HEADLESS_SERVE_SPECIFICATION = False
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": f"{BASE_URL}/accounts/confirm-email/{{key}}/",
    "account_reset_password": f"{BASE_URL}/accounts/password/reset/",
    "account_reset_password_from_key": f"{BASE_URL}/accounts/password/reset/key/{{key}}/",
    "account_signup": f"{BASE_URL}/accounts/signup/",
}
BEHIND_PROXY = env_bool("BEHIND_PROXY", default=False)
# How many proxies of ours stand in front; 0 takes the address of the connection. Behind one that
# would be the proxy's, and all the world one visitor.
_least = 1 if BEHIND_PROXY else 0
ALLAUTH_TRUSTED_PROXY_COUNT = env_int("TRUSTED_PROXIES", _least, least=_least, most=9)

# --- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["config.web.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.web.api.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.web.api.renderers.Negotiation",
    "DEFAULT_PAGINATION_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "config.web.api.schema.Schema",
    "EXCEPTION_HANDLER": "config.web.api.problems.answer",
    "DEFAULT_THROTTLE_CLASSES": ["config.web.api.throttles.ByPersonOrAddress"],
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Guildhall",
    "DESCRIPTION": "The home of a household: tasks, reminders that provably arrive, and the rest.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "DEFAULT_GENERATOR_CLASS": "config.web.api.schema.Generator",
    "COMPONENT_SPLIT_REQUEST": True,
    # Enums stay where they stand: named ones of two slices would collide.
    "POSTPROCESSING_HOOKS": [],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Else it would send the document's address to a validator elsewhere.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# --- Jobs
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace(
    "?db=", "?virtual_host="
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "work"
CELERY_TASK_ROUTES = {"reminders.jobs.tick": {"queue": "deliver"}}
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 5.0}
CELERY_BEAT_SCHEDULER = "operations.doorbells:Doorbells"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_BEAT_SCHEDULE = {
    # The doorbell: one that was not heard in time is not rung later.
    "reminders: wake the engine": {
        "task": "reminders.jobs.tick",
        "schedule": timedelta(seconds=1),
        "options": {"queue": "deliver", "expires": 5},
    },
    # Asked all day, done once a night: a machine that sleeps at night misses none.
    "operations: back up": {
        "task": "operations.jobs.back_up",
        "schedule": timedelta(minutes=10),
        "options": {"queue": "work", "expires": 300},
    },
    # What a page could not start itself, and what is to be tried again.
    "accounts: hand over letters": {
        "task": "accounts.jobs.hand_over_letters",
        "schedule": timedelta(seconds=10),
        "options": {"queue": "work", "expires": 10},
    },
    "reminders: archive": {
        "task": "reminders.jobs.archive_old",
        "schedule": timedelta(hours=1),
        "options": {"queue": "work", "expires": 300},
    },
    "accounts: sweep": {
        "task": "accounts.jobs.sweep",
        "schedule": timedelta(hours=1),
        "options": {"queue": "work", "expires": 300},
    },
}
CELERY_TIMEZONE = "UTC"
# So many months stand as rows; what is older, whole months at a time, goes into archives.
KEEP_DELIVERIES_MONTHS = env_int("KEEP_DELIVERIES_MONTHS", 13, least=1, most=1200)
# After a downtime so many missed messages go out a second, behind those that fall due.
CATCH_UP_PER_SECOND = env_int("CATCH_UP_PER_SECOND", 200, least=1, most=10_000)
# What is due at the same instant goes out within so many seconds, to each at a moment of her own.
SPREAD_SECONDS = env_int("SPREAD_SECONDS", 0, least=0, most=60)

# --- Mail
MAILERS = {"default": env_mailer("EMAIL_URL", DATA_DIR / "mail")}
MAIL_IS_SET_UP = bool(env_str("EMAIL_URL", ""))
DEFAULT_FROM_EMAIL = env_str("EMAIL_FROM", f"Guildhall <guildhall@{SITE_HOST or 'localhost'}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Ways out to addresses that members type
# What lies inside (a server at home, say) and may be reached all the same.
OUTBOUND_ALLOW = env_networks("OUTBOUND_ALLOW")
# What push services know us by, and whom they may ask.
VAPID_PRIVATE_KEY, VAPID_PUBLIC_KEY = env_vapid("VAPID_PRIVATE_KEY", "VAPID_PUBLIC_KEY")
VAPID_SUBJECT = env_contact(
    "VAPID_SUBJECT", BASE_URL if SECURE else f"mailto:guildhall@{SITE_HOST or 'localhost'}"
)

# --- Words and time
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = True

# --- Files
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.web.static.StaticStorage"},
}
WHITENOISE_MAX_AGE = int(timedelta(days=365).total_seconds())

# --- What browsers are told
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = env_bool("SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Plain http is right on one's own machine, and a proxy redirects where it is not.
# auth.W004: the address is unique by a constraint on its lower case.
# security.W005, W021: what other hosts of the domain promise is not ours to say.
SILENCED_SYSTEM_CHECKS = [
    "security.W005",
    "security.W021",
    "auth.W004",
    "security.W004",
    "security.W008",
    "security.W012",
    "security.W016",
]

LOGGING_CONFIG = "config.web.logs.configure"
LOGGING = {"level": env_choice("LOG_LEVEL", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR"})}
