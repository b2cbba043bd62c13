"""Segments, which stand in for archived lines; then let the log only grow."""

from django.db import migrations, models

from audit.triggers import install, remove


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0003_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_seq', models.BigIntegerField(unique=True, verbose_name='第一条')),
                ('last_seq', models.BigIntegerField(unique=True, verbose_name='最后一条')),
                ('since', models.DateTimeField(verbose_name='最早时间')),
                ('until', models.DateTimeField(verbose_name='最晚时间')),
                ('mac', models.CharField(max_length=64, verbose_name='最后一条的校验码')),
                ('file_name', models.CharField(max_length=120, verbose_name='归档文件')),
                ('file_digest', models.CharField(max_length=80, verbose_name='文件摘要')),
                ('archived_at', models.DateTimeField(verbose_name='归档时间')),
                ('archived_by', models.CharField(max_length=100, verbose_name='归档人')),
                ('code', models.CharField(max_length=64, verbose_name='校验码')),
            ],
            options={
                'verbose_name': '已归档的日志',
                'ordering': ['-first_seq'],
                'constraints': [models.CheckConstraint(condition=models.Q(('first_seq__gte', 1), ('last_seq__gte', models.F('first_seq'))), name='audit_segment_runs_on')],
            },
        ),
        migrations.RunPython(
            lambda apps, schema_editor: install(schema_editor.connection),
            lambda apps, schema_editor: remove(schema_editor.connection),
        ),
    ]
