"""The one settings file. Everything that differs between machines is read from the environment.

DATABASE_URL   PostgreSQL, e.g. postgres://user:pass@host/name; without it SQLite in DATA_DIR
REPLICA_URL    a streaming standby of DATABASE_URL that pages are read from, as soon as it has what is acknowledged
REPLICA_WAIT_MS  50: so long a page waits for the standby before it is read from the primary
REDIS_URL      Celery's broker and the cache; without it jobs run in the web process
JOB_LIMIT_QUICK, JOB_LIMIT_DOCUMENTS, JOB_LIMIT_IMPORTS  120, 600 and 1800 seconds: so long a job of that queue may take
JOB_LEASE_SECONDS  60: a runner that has given no sign of life for so long has lost its job to the next one
SECRET_KEY     without it a strong one is generated once and kept in DATA_DIR
ALLOWED_HOSTS  comma-separated; default: this machine only
DEBUG          off unless "1" or "true"
DATA_DIR       database, uploads, outputs, fonts, generated secrets; default: var/
KEYS_DIR       the keys of log, self-checks and authenticators; default: DATA_DIR/keys. Keep it outside database and backups
SEPARATE_ADMINISTRATORS  0 lifts 三员分立 where too few people work; every page of an administrator then says so
AUDIT_ANCHORS  the file of the log's anchors; default: in KEYS_DIR. Best where only adding is allowed (docs/decisions/0007)
AUDIT_ARCHIVE  the folder of archived parts of the log; default: DATA_DIR/audit-archive
AUDIT_KEEP_MONTHS  36: so long every line of the log stays in the database before it may be archived; never below 6
TRUSTED_PROXIES  comma-separated addresses of front servers whose X-Forwarded-For is believed

Running (docs/operations.md)
STATIC_ROOT    where the static files are collected; default: DATA_DIR/static. Elsewhere when a front server reads them
DEMO, WEB_WORKERS, HOST, PORT  read by the server alone (rectification/serve.py)
LOG_FORMAT     line (default) or json, then with a line for every request
SLOW_QUERY_MS  1000: statements that take so long are logged, without their values; 0: none
METRICS_FROM   comma-separated addresses or networks that may read /metrics; default: this machine
READY_FREE_MB, READY_JOB_MINUTES  500 and 15: with less free disk /readyz says no; with a job waiting longer it says degraded

Signing in
PASSWORD_POLICY  dengbao (default: three of four kinds of characters, a new one every 90 days) or asvs (length only)
PASSWORD_HASHER  argon2 (default) or sm3 (PBKDF2 with SM3)
SECOND_FACTOR    roles (default: whose role demands it), all, or off
SESSION_IDLE_MINUTES, SESSION_HOURS  30 and 8: after so long without a deed, and at the latest, one signs in again
ONE_SESSION      1: signing in ends the account's earlier sessions
REAUTH_MINUTES   15: older than this, the password is asked again before sensitive deeds
SIGN_IN_TRIES, SIGN_IN_TRIES_ADDRESS, SIGN_IN_TRIES_ACCOUNT, SIGN_IN_LOCK_MINUTES  5, 50, 50 and 15: wrong passwords for
                 one account from one address, from one address, for one account, until it is locked for so long
SMALLEST_GROUP   5: answers of a self-check round are counted for so many reports or more; under 4 is taken as 4
SENSITIVE_GROUP  10: the same for questions classed 敏感; never less than SMALLEST_GROUP
AUTH_BACKENDS    comma-separated dotted paths asked after the platform's own passwords, e.g. for LDAP or OIDC
"""

import datetime as dt
import ipaddress
import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from audit.keyfile import make_once
from operations.distrust import can_distrust_schema

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
DEBUG = env.bool("DEBUG", False)

for _name in ("SECRET_KEY", "DATABASE_URL", "REPLICA_URL", "REDIS_URL"):
    if "CHANGE-ME" in env.str(_name, ""):
        raise ImproperlyConfigured(f"{_name} still holds the sample's CHANGE-ME. {_name} 里还是样例的 CHANGE-ME，请换成自己的口令或密钥。")
WEAK_KEYS = {"", "secret", "changeme", "change-me", "insecure"}
MIN_KEY_LENGTH = 32


def _kept_secret(path: Path) -> str:
    """The key generated on first start, readable by its owner only; two processes starting at once agree on one."""
    if not path.exists():
        make_once(path, secrets.token_urlsafe(48).encode())
    return path.read_text().strip()


SECRET_KEY = env.str("SECRET_KEY", "") if "SECRET_KEY" in env.ENVIRON else _kept_secret(DATA_DIR / "secret_key")
if not DEBUG and (len(SECRET_KEY) < MIN_KEY_LENGTH or SECRET_KEY.lower() in WEAK_KEYS or SECRET_KEY.startswith("django-insecure")):
    raise ImproperlyConfigured(
        f"SECRET_KEY is too weak for DEBUG off: give at least {MIN_KEY_LENGTH} random characters, or unset it to have one generated."
        f" SECRET_KEY 太弱：请设置至少 {MIN_KEY_LENGTH} 位随机字符，或删去该变量由系统自动生成。"
    )

# Keys of their own, so that who has the database (or a backup of it) has neither the log's seal nor the self-checks.
KEYS_DIR = Path(env.str("KEYS_DIR", str(DATA_DIR / "keys"))).resolve()
CRYPTO_SUITE = env.str("CRYPTO_SUITE", "gm")  # gm: SM4-GCM, HMAC-SM3; intl: AES-256-GCM, HMAC-SHA256. Both are always readable
# Once there is a second key of the log (manage.py audit rotate-key), a first one that is missing is not made anew: it was lost.
_IS_AUDIT_KEY_LOST = any(KEYS_DIR.glob("audit-[0-9]*")) and not (KEYS_DIR / "audit").exists()
AUDIT_KEY = env.str("AUDIT_KEY", "") or ("" if _IS_AUDIT_KEY_LOST else _kept_secret(KEYS_DIR / "audit"))
AUDIT_ANCHORS = Path(env.str("AUDIT_ANCHORS", str(KEYS_DIR / "audit-anchors.txt"))).resolve()
AUDIT_ARCHIVE = Path(env.str("AUDIT_ARCHIVE", str(DATA_DIR / "audit-archive"))).resolve()
AUDIT_KEEP_MONTHS = env.int("AUDIT_KEEP_MONTHS", 36)
if AUDIT_KEEP_MONTHS < 6:
    raise ImproperlyConfigured(
        f"AUDIT_KEEP_MONTHS={AUDIT_KEEP_MONTHS} is too short: the Cybersecurity Law asks for six months of log at least."
        f" AUDIT_KEEP_MONTHS={AUDIT_KEEP_MONTHS} 太短：网络安全法要求日志留存不少于六个月，请写 6 或以上。"
    )
SEPARATE_ADMINISTRATORS = env.bool("SEPARATE_ADMINISTRATORS", True)  # 三员分立; 0 only where too few people work, and every page says so
SMALLEST_GROUP = max(4, env.int("SMALLEST_GROUP", 5))  # of reports whose answers are counted (selfcheck/suppression.py)
SENSITIVE_GROUP = max(SMALLEST_GROUP, env.int("SENSITIVE_GROUP", 10))  # of those to a sensitive question
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "rectification.apps.ServedFiles",
    "crispy_forms",
    "crispy_bootstrap5",
    "import_export",
    "django_htmx",
    "js_lib_bootstrap5",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    # the rooms, lowest floor first (docs/design.md)
    "audit",
    "files",
    "keys",
    "accounts",
    "jobs",
    "organizations",
    "campaigns",
    "ledger",
    "learning",
    "selfcheck",
    "supervision",
    "reports",
    "operations",
    "demo",
]

MIDDLEWARE = [
    "operations.middleware.RequestMiddleware",  # outermost: every answer has its number
    "accounts.middleware.ContentSecurityMiddleware",  # static files, redirects and errors carry its headers too
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "audit.middleware.WhereMiddleware",
    "rectification.pages.PlaceMiddleware",
    "rectification.pages.PageGZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "audit.middleware.DenialMiddleware",
    "accounts.middleware.SignedInMiddleware",
    "accounts.middleware.OnceMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "rectification.urls"
WSGI_APPLICATION = "rectification.wsgi.application"
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
                "reports.context.frame",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "accounts.templatetags.page"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.Jinja2"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False

# Django's engines, which also seal the log at each commit (docs/decisions/0007-sealed-at-commit.md).
ENGINES = {"django.db.backends.postgresql": "operations.backends.postgresql", "django.db.backends.sqlite3": "operations.backends.sqlite3"}
SQLITE = {
    "ENGINE": "operations.backends.sqlite3",
    "NAME": DATA_DIR / "rectification.sqlite3",
    "CONN_MAX_AGE": 60,
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;"
            f" PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA trusted_schema={'OFF' if can_distrust_schema() else 'ON'};"
            " PRAGMA cache_size=-20000; PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=27103364;"
        ),
    },
}


def _database() -> dict:
    """SQLite by default, else what DATABASE_URL names; a URL nobody can read is refused at once."""
    if not env.str("DATABASE_URL", ""):
        return SQLITE
    found = env.db_url("DATABASE_URL", engine=None)
    engine = ENGINES.get(found.get("ENGINE"))
    if engine is None or not found.get("NAME"):
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read: write postgres://user:password@host:5432/name."
            " DATABASE_URL 无法识别，请写成 postgres://用户名:密码@主机:5432/库名。"
        )
    if engine == SQLITE["ENGINE"]:
        return SQLITE | {"NAME": found["NAME"]}
    return _postgresql(found)


def _postgresql(found: dict, **options) -> dict:
    """A server's settings, with `options` where the URL says nothing else.

    Statements are short: compiling them, weighing every order of ten joins or spreading them over processes costs more than it brings, and others
    wait for those. The first joins are those of the filters.
    """
    options = {"options": "-c jit=off -c join_collapse_limit=5 -c max_parallel_workers_per_gather=0"} | options | found.get("OPTIONS", {})
    return found | {"ENGINE": ENGINES["django.db.backends.postgresql"], "OPTIONS": options, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


DATABASES = {"default": _database()}


def _replica() -> dict:
    """The standby that pages are read from; nothing of it is ever written or migrated."""
    found = env.db_url("REPLICA_URL", engine=None)
    if ENGINES.get(found.get("ENGINE")) != ENGINES["django.db.backends.postgresql"] or DATABASES["default"]["ENGINE"] != ENGINES["django.db.backends.postgresql"]:
        raise ImproperlyConfigured(
            "REPLICA_URL names a PostgreSQL standby of DATABASE_URL: postgres://user:password@host:5432/name."
            " REPLICA_URL 只能是 DATABASE_URL 的 PostgreSQL 只读副本，请写成 postgres://用户名:密码@主机:5432/库名。"
        )
    return _postgresql(found, connect_timeout=2) | {"TEST": {"MIRROR": "default"}}


REPLICA_URL = env.str("REPLICA_URL", "")
REPLICA_WAIT_MS = env.int("REPLICA_WAIT_MS", 50)
if REPLICA_URL:
    DATABASES["replica"] = _replica()
    DATABASE_ROUTERS = ["operations.replica.Router"]
    MIDDLEWARE.append("operations.middleware.ReplicaMiddleware")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", "")
CACHES = {
    "default": {"BACKEND": "rectification.cache.ForgivingRedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
JOBS_IN_PROCESS = not REDIS_URL  # without Redis a thread of the web process runs the jobs
JOBS_RULE = "organizations.access.jobs_administered_by"  # whose jobs an administrator looks after
JOB_LEASE = dt.timedelta(seconds=max(2, env.int("JOB_LEASE_SECONDS", 60)))
JOB_PATIENCE = dt.timedelta(seconds=15)  # a job that waits longer has lost its wake-up: the sweep sends another
_SOFT_LIMITS = {"quick": env.int("JOB_LIMIT_QUICK", 120), "documents": env.int("JOB_LIMIT_DOCUMENTS", 600), "imports": env.int("JOB_LIMIT_IMPORTS", 1800)}
JOB_LIMITS = {queue: (soft, soft + 30) for queue, soft in _SOFT_LIMITS.items()}  # seconds: told to stop, and killed
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_DEFAULT_QUEUE = "quick"
CELERY_TASK_QUEUES = [Queue(name) for name in JOB_LIMITS]  # a worker without -Q serves all three
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000  # kB; a child that has grown beyond is replaced after its job
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
# Beyond the visibility timeout a message is given to another worker too; it must be longer than the longest job may take.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 2 * max(hard for _soft, hard in JOB_LIMITS.values()),
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
}
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {"task": "jobs.tasks.sweep_jobs", "schedule": 15, "options": {"expires": 15}},
    "daily-jobs": {"task": "jobs.tasks.daily_jobs", "schedule": 3600},  # once a day each, whenever first asked
    "anchor-log": {"task": "audit.tasks.anchor_log", "schedule": 3600},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_TIMEZONE = "Asia/Shanghai"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "reports:home"
LOGOUT_REDIRECT_URL = "accounts:sign_in"


def one_of(name: str, *values: str) -> str:
    """A setting that knows its values, the first by default; another word is refused at once."""
    value = env.str(name, values[0])
    if value not in values:
        raise ImproperlyConfigured(f"{name}={value} is unknown: write {' / '.join(values)}. {name} 只能写 {'、'.join(values)}。")
    return value


# The first backend counts wrong passwords and refuses who is locked; the second knows our own. More may follow (AUTH_BACKENDS):
# such a backend finds the User of somebody whom another system has let in, and may not sign in who is not active here.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.AccountBackend", *env.list("AUTH_BACKENDS", default=[])]

PASSWORD_HASHER = one_of("PASSWORD_HASHER", "argon2", "sm3")
_HASHERS = ["accounts.hashers.Argon2idPasswordHasher", "accounts.hashers.PBKDF2SM3PasswordHasher"]
PASSWORD_HASHERS = [
    *(_HASHERS if PASSWORD_HASHER == "argon2" else reversed(_HASHERS)),
    "django.contrib.auth.hashers.ScryptPasswordHasher",  # older passwords, made anew at their next use
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]


def password_validators(policy: str) -> list[dict]:
    """The rules of a password policy. GB/T 22239 asks for complexity, ASVS 6.2.5 for none: hence two."""
    return [
        {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ("username", "name")}},
        {"NAME": "accounts.passwords.LengthValidator", "OPTIONS": {"min_length": 12, "max_length": 128}},
        *([{"NAME": "accounts.passwords.KindsValidator", "OPTIONS": {"kinds": 3}}] if policy == "dengbao" else []),
        {"NAME": "accounts.passwords.CommonValidator"},
        {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
        {"NAME": "organizations.passwords.ContextWordsValidator"},
    ]


PASSWORD_POLICY = one_of("PASSWORD_POLICY", "dengbao", "asvs")
AUTH_PASSWORD_VALIDATORS = password_validators(PASSWORD_POLICY)
PASSWORD_MAX_DAYS = 90 if PASSWORD_POLICY == "dengbao" else None
INITIAL_PASSWORD_HOURS = 72

# Wrong passwords (accounts/lockout.py): which failures are counted together, and how many are borne.
SIGN_IN_LIMITS = {
    ("username", "ip_address"): env.int("SIGN_IN_TRIES", 5),
    ("ip_address",): env.int("SIGN_IN_TRIES_ADDRESS", 50),  # raise it where many sign in through one address
    ("username",): env.int("SIGN_IN_TRIES_ACCOUNT", 50),
}
AXES_HANDLER = "accounts.lockout.Lockout"
AXES_LOCKOUT_PARAMETERS = [list(names) for names in SIGN_IN_LIMITS]
AXES_FAILURE_LIMIT = 1  # our handler counts the limits that are reached
AXES_COOLOFF_TIME = dt.timedelta(minutes=env.int("SIGN_IN_LOCK_MINUTES", 15))
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # else whoever goes on guessing keeps the owner out for ever
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked_answer"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.address"
AXES_DISABLE_ACCESS_LOG = True  # our own log tells it
AXES_ENABLE_ADMIN = AXES_VERBOSE = False

SECOND_FACTOR = one_of("SECOND_FACTOR", "roles", "all", "off")
SECOND_FACTOR_RULE = "organizations.access.must_use_second_factor"  # asked when SECOND_FACTOR is roles
OTP_TOTP_ISSUER = "教育整顿工作平台"
OTP_TOTP_SYNC = False  # a clock that goes wrong is set right, not followed: one step before and after, no more

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"]

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_DIR / "files"}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "rectification.storage.StaticStorage",
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},  # a front server of another account reads them
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 60
MEDIA_ROOT = DATA_DIR / "files"
OUTPUT_DIR = DATA_DIR / "outputs"
FONTS_DIR = Path(env.str("FONTS_DIR", str(DATA_DIR / "fonts")))

FILE_UPLOAD_PERMISSIONS = 0o600
MAX_UPLOAD_BYTES = 50 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_USE_TRANSACTIONS = True

# HTTPS is ended by the front server on an intranet; HTTPS=1 turns on what needs it (docs/security.md).
HTTPS = env.bool("HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^(healthz|readyz|metrics)$"]  # asked by machines from beside, without TLS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "accounts.pages.csrf_failed"
if HTTPS:  # names a browser accepts only from this very host, over HTTPS
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_ENGINE = "accounts.session_store"
SESSION_IDLE = dt.timedelta(minutes=env.int("SESSION_IDLE_MINUTES", 30))
SESSION_LONGEST = dt.timedelta(hours=env.int("SESSION_HOURS", 8))
SESSION_COOKIE_AGE = int(SESSION_LONGEST.total_seconds())
ONE_SESSION = env.bool("ONE_SESSION", False)
REAUTH_MINUTES = env.int("REAUTH_MINUTES", 15)
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [] if HTTPS else ["security.W004", "security.W008", "security.W012", "security.W016"]

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# What the server tells about itself (operations/logs.py): never a query, a form's values or a name.
LOG_FORMAT = one_of("LOG_FORMAT", "line", "json")
SLOW_QUERY_MS = env.int("SLOW_QUERY_MS", 1000)
READY_FREE_MB, READY_JOB_MINUTES = env.int("READY_FREE_MB", 500), env.int("READY_JOB_MINUTES", 15)
try:
    METRICS_FROM = [ipaddress.ip_network(text.strip()) for text in env.list("METRICS_FROM", default=["127.0.0.1", "::1"])]
except ValueError as error:
    raise ImproperlyConfigured(f"METRICS_FROM: {error}. METRICS_FROM 请写地址或网段，用逗号隔开，例如 10.1.2.3,10.1.0.0/16。") from error
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "operations.logs.LineFormatter"}, "json": {"()": "operations.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"fontTools": {"level": "WARNING"}, "weasyprint": {"level": "WARNING"}, "axes": {"level": "ERROR"},
        "django": {"handlers": [], "level": "INFO", "propagate": True},  # else Django's own handler prints exceptions in their words
        "operations.request": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"},  # a line for every request
    },
}
