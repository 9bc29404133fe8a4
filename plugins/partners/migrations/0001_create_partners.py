"""Profiles, commitments, projects, concepts, and searches that found nothing."""

from peewee import (
    SQL,
    AutoField,
    BooleanField,
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

    class Organisation(Base):
        class Meta:
            table_name = "organisation"

    class ImportBatch(Base):
        class Meta:
            table_name = "import_batch"

    class Profile(Base):
        organisation = ForeignKeyField(Organisation, primary_key=True, on_delete="CASCADE")
        roles = TextField(default="[]")
        fields = TextField(default="[]")
        occupations = TextField(default="[]")
        languages = TextField(default="[]")
        modes = TextField(default="[]")
        targets = TextField(default="[]")
        inclusion = TextField(default="[]")
        accommodation = TextField(default="[]")
        services = TextField(default="[]")
        months = TextField(default="[]")
        group_min = IntegerField(null=True)
        group_max = IntegerField(null=True)
        places_a_year = IntegerField(null=True)
        stay_min_weeks = IntegerField(null=True)
        stay_max_weeks = IntegerField(null=True)
        minimum_age = IntegerField(null=True)
        accompanying_max = IntegerField(null=True)
        accompanying_free = IntegerField(null=True)
        summaries = TextField(default="{}")
        original = TextField(default="")
        batch = ForeignKeyField(ImportBatch, null=True, on_delete="SET NULL")
        updated_at = binary()
        version = IntegerField(default=1)

        class Meta:
            table_name = "partners_profile"

    class Commitment(Base):
        id = AutoField()
        organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
        standard = TextField()
        subscribed_on = TextField()

        class Meta:
            table_name = "partners_commitment"
            indexes = ((("organisation", "standard"), True),)

    class Project(Base):
        id = AutoField()
        key = binary(unique=True)
        acronym = TextField(default="")
        title = TextField(default="")
        action = TextField(default="")
        call_year = IntegerField(null=True)
        source = TextField(default="")
        batch = ForeignKeyField(ImportBatch, null=True, on_delete="SET NULL")

        class Meta:
            table_name = "partners_project"

    class Participation(Base):
        id = AutoField()
        project = ForeignKeyField(Project, on_delete="CASCADE")
        organisation = ForeignKeyField(Organisation, on_delete="CASCADE")
        role = TextField()
        batch = ForeignKeyField(ImportBatch, null=True, on_delete="SET NULL")

        class Meta:
            table_name = "partners_participation"
            indexes = ((("project", "organisation", "role"), True),)

    class Concept(Base):
        id = TextField(primary_key=True)
        isco_group = TextField()
        fields = TextField(default="[]")

        class Meta:
            table_name = "partners_concept"

    class ConceptLabel(Base):
        id = AutoField()
        concept = ForeignKeyField(Concept, on_delete="CASCADE")
        lang = TextField()
        label = TextField()
        folded = binary(index=True)
        preferred = BooleanField()

        class Meta:
            table_name = "partners_concept_label"

    class Miss(Base):
        text = binary(primary_key=True)
        count = IntegerField()
        last_at = binary()

        class Meta:
            table_name = "partners_miss"

    db.create_tables(
        [Profile, Commitment, Project, Participation, Concept, ConceptLabel, Miss], safe=False
    )
