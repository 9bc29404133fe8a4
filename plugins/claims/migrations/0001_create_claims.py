"""Cases: claims, removals and reports of wrong facts."""

from peewee import SQL, AutoField, ForeignKeyField, Model, PostgresqlDatabase, TextField


def up(migrator, db):
    """Create the table."""

    def binary(**options):
        extra = [SQL('COLLATE "C"')] if isinstance(db, PostgresqlDatabase) else []
        return TextField(constraints=extra, **options)

    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Account(Base):
        pass

    class Organisation(Base):
        pass

    class Case(Base):
        id = AutoField()
        public_id = TextField(unique=True)
        organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
        kind = TextField()
        account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
        reply_to = TextField(default="")
        proof = TextField(default="")
        message = TextField(default="")
        state = TextField(default="open", index=True)
        decision = TextField(default="")
        decided_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", backref="decisions")
        created_at = binary()
        due_at = binary()
        decided_at = binary(null=True)

        class Meta:
            table_name = "claims_case"

    db.create_tables([Case], safe=False)
