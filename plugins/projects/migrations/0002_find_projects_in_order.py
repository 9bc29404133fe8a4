"""The projects of an organisation are found in their order: the first of many without reading all."""


def up(migrator, db):
    """Replace the index of organisations by one that knows their projects too."""
    db.execute_sql("DROP INDEX projects_participation_organisation_id")
    db.execute_sql(
        "CREATE INDEX projects_participation_organisation_id_project_id "
        "ON projects_participation (organisation_id, project_id)"
    )
