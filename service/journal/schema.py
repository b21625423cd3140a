"""The schema of the journal: brought to its latest revision by the migrations beside this file."""

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from service.errors import RefusalError


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the tables to a revision, in the transaction of the connection.

    Raises RefusalError when a newer version of this software wrote the tables.
    """
    with as_file(files("service.journal").joinpath("migrations")) as migrations:
        config = Config()
        config.set_main_option("script_location", str(migrations).replace("%", "%%"))
        config.attributes["connection"] = connection
        known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in known:
            raise RefusalError(f"has the schema {current}, which is newer: update this software")
        command.upgrade(config, revision)
