"""What is shown to whom: freezes of a board, links of overlays."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "freezes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_matches", sa.Integer(), nullable=True),
        sa.Column("frozen_seq", sa.Integer(), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reveal_by", sa.String(), nullable=True),
        sa.Column("revealed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("shown_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revealed_rows", sa.LargeBinary(), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "reveal_by IS NULL OR reveal_by IN ('row', 'match')", name=op.f("ck_freezes_reveal_by_known")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'called_off') OR frozen_seq IS NOT NULL", name=op.f("ck_freezes_frozen_has_number")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'frozen', 'revealing', 'ended', 'called_off')", name=op.f("ck_freezes_state_known")
        ),
        sa.CheckConstraint("last_matches IS NULL OR last_matches >= 1", name=op.f("ck_freezes_last_matches_from_one")),
        sa.CheckConstraint("revealed >= 0", name=op.f("ck_freezes_revealed_from_zero")),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_freezes_actor_id_users")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_freezes_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freezes")),
    )
    with op.batch_alter_table("freezes", schema=None) as batch_op:
        batch_op.create_index("ix_freezes_starts_at", ["starts_at"], unique=False)
        batch_op.create_index("ix_freezes_tournament_id", ["tournament_id", "id"], unique=False)
        batch_op.create_index(
            "uq_freezes_in_force",
            ["tournament_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('planned', 'frozen', 'revealing')"),
            postgresql_where=sa.text("state IN ('planned', 'frozen', 'revealing')"),
        )

    op.create_table(
        "overlay_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_overlay_tokens_created_by_id_users")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_overlay_tokens_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overlay_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_overlay_tokens_token_hash")),
    )
    with op.batch_alter_table("overlay_tokens", schema=None) as batch_op:
        batch_op.create_index("ix_overlay_tokens_tournament_id", ["tournament_id", "id"], unique=False)

    op.create_table(
        "board_tops",
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_board_tops_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("tournament_id", "version", name=op.f("pk_board_tops")),
        sqlite_with_rowid=False,
    )

    with op.batch_alter_table("tournaments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("frozen_seq", sa.Integer(), nullable=True))

    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stream_url", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("drafts", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.drop_column("drafts")
        batch_op.drop_column("stream_url")

    with op.batch_alter_table("tournaments", schema=None) as batch_op:
        batch_op.drop_column("frozen_seq")

    op.drop_table("board_tops")
    with op.batch_alter_table("overlay_tokens", schema=None) as batch_op:
        batch_op.drop_index("ix_overlay_tokens_tournament_id")

    op.drop_table("overlay_tokens")
    with op.batch_alter_table("freezes", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_freezes_in_force",
            sqlite_where=sa.text("state IN ('planned', 'frozen', 'revealing')"),
            postgresql_where=sa.text("state IN ('planned', 'frozen', 'revealing')"),
        )
        batch_op.drop_index("ix_freezes_tournament_id")
        batch_op.drop_index("ix_freezes_starts_at")

    op.drop_table("freezes")
