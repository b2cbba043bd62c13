"""The authenticators' secrets lie sealed in the database, survive what is done to keys, and when lost say so."""

import base64
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import actions, second_factor
from accounts.models import Authenticator, RecoveryCode, User
from accounts.sealing import reseal_authenticators
from audit.models import Event
from keys.actions import destroy_key, reseal_texts, rotate_keys
from keys.models import DataKey
from keys.suites import Unreadable

from .desk import KEY, PASSWORD, code_now, enrolled, forget_codes_used, man_with_password, refusal, sign_in

STEP, ENROL = "/accounts/second-step/", "/accounts/security/enrol/"
LOST = "这个账号的验证器已经失效，验证码不再有用。请填一个恢复码，或请系统管理员解除第二因素，再用密码登录后重新启用。"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.KEYS_DIR = tmp_path / "keys"
    return settings.KEYS_DIR


@pytest.fixture
def codes(man) -> list[str]:
    return enrolled(man)


def takes(user, code: str) -> str:
    forget_codes_used(user)
    return actions.pass_second_step(user, code=code, at=timezone.now())


def code() -> str:
    return f"{TOTP(bytes.fromhex(KEY)).token():06}"


def every_value() -> str:
    """Each column of each table, also of those no model knows."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += cursor.fetchall()
    return str([[bytes(value) if isinstance(value, memoryview) else value for value in row] for row in found])


@pytest.mark.parametrize("suite", ["gm", "intl"])
def test_no_column_holds_the_secret_nor_a_recovery_code(man, settings, suite):
    settings.CRYPTO_SUITE = suite
    codes = enrolled(man)
    held, raw = every_value(), bytes.fromhex(KEY)
    assert Authenticator.objects.get().sealed_secret in held
    for shape in (KEY, base64.b32encode(raw).decode(), base64.b64encode(raw).decode(), base64.b64encode(KEY.encode()).decode()[:40], raw.decode(), *codes, *map(second_factor.normal, codes)):
        assert shape not in held


@pytest.mark.parametrize("suite", ["gm", "intl"])
def test_the_code_is_right_after_rotation_and_in_another_suite(man, codes, settings, folder, suite):
    settings.CRYPTO_SUITE = suite
    before = Authenticator.objects.get().sealed_secret
    assert rotate_keys(by=None, at=timezone.now()) == 1
    (folder / "kek-1").unlink()
    assert takes(man, code_now(man)) == "totp"
    assert {str(label): n for label, n in reseal_texts(by=None, at=timezone.now()).items()}["验证器"] == 1
    after = Authenticator.objects.get().sealed_secret
    assert after != before and after.startswith(f"v1:{suite}:")
    assert takes(man, code_now(man)) == "totp"


def test_resealing_goes_on_in_batches_and_passes_over_destroyed_keys(man, codes, monkeypatch):
    monkeypatch.setattr("accounts.sealing.BATCH", 2)
    for n in range(4):
        enrolled(man_with_password(f"n{n}", f"人{n}"))
    destroy_key("account:n0", reason="期满", by=None, at=timezone.now())
    assert reseal_authenticators() == 4


def test_a_secret_put_in_another_accounts_row_opens_nothing(man, codes):
    other = man_with_password("other", "别人")
    enrolled(other)
    Authenticator.objects.filter(user=other).update(sealed_secret=Authenticator.objects.get(user=man).sealed_secret)
    with pytest.raises(Unreadable):
        Authenticator.objects.get(user=other).bin_key  # noqa: B018
    assert (takes(other, code()), second_factor.is_lost(other), second_factor.is_lost(man)) == ("", True, False)


def destroyed(folder):
    destroy_key("account:0107", reason="密钥外泄", by=None, at=timezone.now())


def file_lost(folder):
    (folder / "kek-1").unlink()


@pytest.mark.parametrize("loss", [destroyed, file_lost])
def test_who_lost_the_key_is_told_to_ask_for_a_reset(client, man, codes, folder, loss):
    loss(folder)
    sign_in(client)
    assert client.get(STEP).status_code == 200
    answer = client.post(STEP, {"code": code()})
    assert (answer.status_code, refusal(answer)) == (200, LOST)
    assert Authenticator.objects.get().throttling_failure_count == 1  # recovery codes are not to be guessed meanwhile
    assert client.get("/")["Location"].startswith(STEP)
    forget_codes_used(man)
    assert client.post(STEP, {"code": codes[0]})["Location"] == "/"
    assert Event.objects.filter(action="accounts.second_step_refused").count() == 1


def test_after_the_reset_a_new_secret_gets_a_new_key(man, codes, folder):
    destroyed(folder)
    actions.drop_second_factor(man, by=None, at=timezone.now())
    assert (Authenticator.objects.count(), DataKey.objects.count(), RecoveryCode.objects.count()) == (0, 0, 0)
    enrolled(man)
    assert (takes(man, code_now(man)), DataKey.objects.get().holder) == ("totp", "account:0107")


def test_enrolling_without_the_master_key_is_refused_in_words(client, man, folder):
    other = man_with_password("other", "别人")
    enrolled(other)
    file_lost(folder)
    with pytest.raises(ValidationError, match="密钥文件不全，现在不能启用"):
        actions.enrol_second_factor(man, key=KEY, code=code(), at=timezone.now())
    assert list(Authenticator.objects.values_list("user__username", flat=True)) == ["other"]


def test_one_authenticator_for_an_account(man, codes):
    with pytest.raises(IntegrityError), transaction.atomic():
        Authenticator.objects.create(user=man, key=DataKey.objects.get())


def test_the_demo_takes_its_keys_along(db):
    call_command("demo", verbosity=0)
    enrolled(User.objects.get(username="XT01"))
    call_command("demo", "--remove", verbosity=0)
    assert not DataKey.objects.filter(holder__startswith="account:").exists()


def test_devices_of_older_versions_are_sealed_with_all_they_knew(man):
    TOTPDevice.objects.create(user=man, name="old", key="00" * 20)
    old = TOTPDevice.objects.create(user=man, name="totp", key=KEY, last_t=7, throttling_failure_count=2, throttling_failure_timestamp=timezone.now())
    half = TOTPDevice.objects.create(user=man_with_password("half", "半途"), name="totp", key=KEY, confirmed=False)
    import_module("accounts.migrations.0006_sealed_authenticators").seal_secrets(apps, None)
    new = Authenticator.objects.get()
    assert (new.user, new.secret, new.last_t, new.throttling_failure_count, new.created_at) == (man, KEY, 7, 2, old.created_at)
    assert (TOTPDevice.objects.count(), Authenticator.objects.filter(user=half.user).exists(), KEY in every_value()) == (0, False, False)
    assert takes(man, code_now(man)) == "totp"


def test_signing_in_needs_few_questions(client, man, codes, django_assert_max_num_queries):
    sign_in(client)
    with django_assert_max_num_queries(14):
        client.get(STEP)
    assert PASSWORD not in every_value()
