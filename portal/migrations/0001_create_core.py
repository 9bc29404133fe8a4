"""The core's first tables: heartbeat, plugins, accounts, organisations, imports, mail."""

from peewee import (
    SQL,
    AutoField,
    BooleanField,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    PostgresqlDatabase,
    TextField,
)


def up(migrator, db):
    """Create the tables."""

    def binary(**options):
        extra = [SQL('COLLATE "C"')] if isinstance(db, PostgresqlDatabase) else []
        return TextField(constraints=extra, **options)

    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Heartbeat(Base):
        id = IntegerField(primary_key=True)
        plugin_generation = IntegerField()
        catalogue_seq = IntegerField()

    class Plugin(Base):
        id = TextField(primary_key=True)
        state = TextField()
        version = TextField(default="")
        schema = IntegerField(default=0)
        reason = TextField(default="")
        changed_at = binary()

    class Setting(Base):
        scope = TextField()
        key = TextField()
        value = TextField()

        class Meta:
            primary_key = False
            indexes = ((("scope", "key"), True),)

    class Account(Base):
        id = AutoField()
        public_id = TextField(unique=True)
        email = binary(unique=True)
        name = TextField()
        password_hash = TextField()
        role = TextField(default="Member")
        locale = TextField(default="")
        scheme = TextField(default="")
        verified_at = binary(null=True)
        disabled_at = binary(null=True)
        created_at = binary()

    class Session(Base):
        token_hash = TextField(primary_key=True)
        account = ForeignKeyField(Account, on_delete="CASCADE")
        created_at = binary()
        seen_at = binary()
        expires_at = binary(index=True)
        agent = TextField(default="")

    class AccountToken(Base):
        token_hash = TextField(primary_key=True)
        purpose = TextField()
        account = ForeignKeyField(Account, on_delete="CASCADE")
        expires_at = binary(index=True)

    class Throttle(Base):
        bucket = TextField()
        key_hash = TextField()
        window_start = IntegerField(index=True)
        count = IntegerField()

        class Meta:
            primary_key = False
            indexes = ((("bucket", "key_hash", "window_start"), True),)

    class Outbox(Base):
        id = AutoField()
        recipient = TextField()
        subject = TextField()
        text = TextField()
        html = TextField(default="")
        locale = TextField(default="en")
        kind = TextField()
        created_at = binary()
        due_at = binary(index=True)
        sent_at = binary(null=True)
        attempts = IntegerField(default=0)
        error = TextField(default="")

    class Source(Base):
        key = TextField(primary_key=True)
        title = TextField()
        publisher = TextField(default="")
        licence = TextField(default="")
        url = TextField(default="")
        note = TextField(default="")

    class ImportBatch(Base):
        id = AutoField()
        public_id = TextField(unique=True)
        kind = TextField()
        file_name = TextField()
        checksum = TextField()
        account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
        created_at = binary()
        undone_at = binary(null=True)
        accepted = IntegerField(default=0)
        rejected = IntegerField(default=0)

    class Organisation(Base):
        id = AutoField()
        public_id = TextField(unique=True)
        slug = binary(unique=True)
        name = TextField()
        registered_name = TextField(default="")
        name_lang = TextField(default="")
        folded_name = binary(index=True)
        type = TextField(default="other")
        country = TextField()
        region = TextField(default="")
        city = TextField(default="")
        website = TextField(default="")
        domain = binary(default="", index=True)
        lat = FloatField(null=True)
        lon = FloatField(null=True)
        state = TextField(default="unclaimed")
        is_fictional = BooleanField(default=False)
        is_operator = BooleanField(default=False)
        hidden_at = binary(null=True)
        created_at = binary()
        updated_at = binary()
        version = IntegerField(default=1)
        batch = ForeignKeyField(ImportBatch, null=True, on_delete="SET NULL")

    class OrganisationName(Base):
        id = AutoField()
        organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
        kind = TextField()
        lang = TextField(default="")
        name = TextField()

    class OrganisationIdentifier(Base):
        id = AutoField()
        organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
        scheme = TextField()
        value = TextField()

        class Meta:
            indexes = ((("scheme", "value"), False),)

    class OrganisationFact(Base):
        id = AutoField()
        organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
        name = TextField()
        value = TextField()
        source = ForeignKeyField(Source, on_delete="CASCADE")
        batch = ForeignKeyField(ImportBatch, null=True, on_delete="SET NULL")
        noted_at = binary()

    class OrganisationFormerSlug(Base):
        slug = binary(primary_key=True)
        organisation = ForeignKeyField(Organisation, on_delete="CASCADE")

    class OrganisationMember(Base):
        id = AutoField()
        organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
        account = ForeignKeyField(Account, on_delete="CASCADE")
        role = TextField()
        joined_at = binary()

        class Meta:
            indexes = ((("organisation", "account"), True),)

    db.create_tables(
        [
            Heartbeat,
            Plugin,
            Setting,
            Account,
            Session,
            AccountToken,
            Throttle,
            Outbox,
            Source,
            ImportBatch,
            Organisation,
            OrganisationName,
            OrganisationIdentifier,
            OrganisationFact,
            OrganisationFormerSlug,
            OrganisationMember,
        ]
    )
    Heartbeat.create(id=1, plugin_generation=1, catalogue_seq=0)
