"""Seal the secrets of the authenticators in use; they stood in plain text in django-otp's table, which stays behind empty."""

import os

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

from keys import ring, suites

KEPT = ("name", "confirmed", "throttling_failure_timestamp", "throttling_failure_count", "last_used_at", "last_t")


def seal_secrets(apps, schema_editor):
    """One for each account, the newest. Older backups still hold them in plain text."""
    Old, Authenticator = apps.get_model("otp_totp", "TOTPDevice"), apps.get_model("accounts", "Authenticator")
    devices = Old.objects.filter(confirmed=True).select_related("user").order_by("pk")
    for device in {one.user_id: one for one in devices}.values():
        key, secret = new_key(apps.get_model("keys", "DataKey"), f"account:{device.user.username}")
        new = Authenticator.objects.create(user_id=device.user_id, key=key, **{name: getattr(device, name) for name in KEPT})
        place = f"accounts.authenticator:{new.pk}:sealed_secret"
        sealed = suites.seal(secret, device.key.encode(), bound_to=place, suite=settings.CRYPTO_SUITE)
        Authenticator.objects.filter(pk=new.pk).update(sealed_secret=sealed, created_at=device.created_at)
    Old.objects.all().delete()


def new_key(DataKey, holder: str):
    number, secret = ring.newest(is_first=not DataKey.objects.exists()), os.urandom(32)
    return DataKey.objects.create(holder=holder, wrapped=ring.wrap(secret, number=number, holder=holder), kek=number, made_at=timezone.now()), secret


class Migration(migrations.Migration):
    dependencies = [
        ('accounts', '0005_password_clock'),
        ('keys', '0001_initial'),
        ('otp_totp', '0003_add_timestamps'),
    ]

    operations = [
        migrations.CreateModel(
            name='Authenticator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='The human-readable name of this device.', max_length=64)),
                ('confirmed', models.BooleanField(default=True, help_text='Is this device ready for use?')),
                ('throttling_failure_timestamp', models.DateTimeField(blank=True, default=None, help_text='A timestamp of the last failed verification attempt. Null if last attempt succeeded.', null=True)),
                ('throttling_failure_count', models.PositiveIntegerField(default=0, help_text='Number of successive failed attempts.')),
                ('created_at', models.DateTimeField(auto_now_add=True, help_text='The date and time when this device was initially created in the system.', null=True)),
                ('last_used_at', models.DateTimeField(blank=True, help_text='The most recent date and time this device was used.', null=True)),
                ('sealed_secret', models.TextField(blank=True)),
                ('last_t', models.BigIntegerField(default=-1)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='keys.datakey', verbose_name='数据密钥')),
                ('user', models.ForeignKey(help_text='The user that this device belongs to.', on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '验证器',
                'constraints': [models.UniqueConstraint(fields=('user',), name='accounts_one_authenticator')],
            },
        ),
        migrations.RunPython(seal_secrets),  # no way back: that would write the secrets in plain text again
    ]
