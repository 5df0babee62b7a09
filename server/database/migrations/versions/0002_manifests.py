"""What manifests say of jobs and their segments."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.add_column("split_jobs", sa.Column("manifest_head", _JSON))
    op.add_column("split_segments", sa.Column("manifest_entry", _JSON))
