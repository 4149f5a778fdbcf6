"""PostgreSQL stores boards as they are and packs event data by LZ4.

Its default packing of large values takes longer than ranking 10,000 participants, and boards come packed already
(`webapp/domain/column_bytes.py`). SQLite packs nothing.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE board_versions ALTER COLUMN payload SET STORAGE EXTERNAL")
    # A server before 14 does not know the words, and one may have been built without LZ4: both keep their own packing.
    op.execute(
        """DO $$ BEGIN
            EXECUTE 'ALTER TABLE events ALTER COLUMN data SET COMPRESSION lz4';
        EXCEPTION WHEN syntax_error OR feature_not_supported THEN
            NULL;
        END $$"""
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE board_versions ALTER COLUMN payload SET STORAGE EXTENDED")
    op.execute(
        """DO $$ BEGIN
            EXECUTE 'ALTER TABLE events ALTER COLUMN data SET COMPRESSION default';
        EXCEPTION WHEN syntax_error OR feature_not_supported THEN
            NULL;
        END $$"""
    )
