"""Settings. Everything that differs between machines comes from the environment.

Addresses of PostgreSQL, broker and object store come from `config.stack.endpoints()`:
from DATABASE_URL, BROKER_URL and S3_ENDPOINT where given, else from the running embedded stack.
"""

import os
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from config import api_schema
from config.keys import load_sealing_keys, load_secret_key
from config.stack import endpoints

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = os.environ.get("JIEBANG_DEBUG") == "1"
SECRET_KEY = load_secret_key(BASE_DIR)
SEALING_KEYS = load_sealing_keys(SECRET_KEY)
ALLOWED_HOSTS = os.environ.get("JIEBANG_HOSTS", "127.0.0.1,localhost,testserver").split(",")
PUBLIC_URL = os.environ.get("JIEBANG_PUBLIC_URL", f"http://127.0.0.1:{os.environ.get('JIEBANG_PORT', '8000')}")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

_parts = endpoints(required=False)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "viewflow",
    "accounts",
    "attachments",
    "projects",
    "review",
    "workflows",
]

MIDDLEWARE = [
    "config.middleware.ReceivedAt",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.ContentSecurityPolicy",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "workbench"
LOGOUT_REDIRECT_URL = "home"

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
                "config.context.shell",
            ],
            "builtins": ["config.templatetags.jiebang"],
        },
    },
]

DATABASES = {
    "default": {
        **dj_database_url.parse(_parts.database_url),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
CACHES = {
    "default": {
        "KEY_FUNCTION": "config.caching.key_of",
        **(
            {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _parts.broker_url}
            if _parts.broker_url.startswith("redis")
            else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        ),
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")

CELERY_BROKER_URL = _parts.broker_url
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "jiebang"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
if _parts.broker_url.startswith("redis"):
    # Who wakes the worker has just handed something in: a dead broker must not keep him waiting.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0, "socket_connect_timeout": 2,
    }  # fmt: skip

S3_ENDPOINT = _parts.s3_endpoint
S3_ACCESS_KEY = _parts.s3_access_key
S3_SECRET_KEY = _parts.s3_secret_key
S3_BUCKET = os.environ.get("S3_BUCKET", "jiebang-files")
S3_AUDIT_BUCKET = os.environ.get("S3_AUDIT_BUCKET", "jiebang-audit-anchors")
UPLOAD_MAX_BYTES = 200 * 1024 * 1024

# How long an entry of the expert pool counts after it was confirmed (domain 3.4: 3 to 5 years).
EXPERT_VALID_YEARS = int(os.environ.get("JIEBANG_EXPERT_VALID_YEARS", "3"))
if not 3 <= EXPERT_VALID_YEARS <= 5:
    raise ImproperlyConfigured(f"JIEBANG_EXPERT_VALID_YEARS must be 3, 4 or 5, not {EXPERT_VALID_YEARS}.")

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
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
# Half a translation is none: English is offered from the day that its catalogue is there.
if (BASE_DIR / "locale" / "en").is_dir():
    LANGUAGES.append(("en", "English"))
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
FORMAT_MODULE_PATH = "config.formats"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".jiebang" / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

EMAIL_BACKEND = os.environ.get("JIEBANG_EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = os.environ.get("JIEBANG_FROM_EMAIL", "no-reply@jiebang.example")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "config.api.NumberedPages",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "config.api.problem_json",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.api_parser.StorableJSON"],
}
SPECTACULAR_SETTINGS = api_schema.SETTINGS

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": os.environ.get("JIEBANG_LOG_LEVEL", "WARNING")},
}
