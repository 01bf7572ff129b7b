"""Runs migrations on the connection the catalog hands over; there is no offline mode."""

from alembic import context

import catalog.tables_baskets
import catalog.tables_facts
import catalog.tables_fixity
import catalog.tables_links
import catalog.tables_money
import catalog.tables_people
import catalog.tables_work
from catalog.tables import metadata

__all__ = ["catalog"]

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
