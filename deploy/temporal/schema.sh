#!/bin/sh
# Makes or upgrades the engine's two databases. Safe to repeat: what is there already is kept.
# SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD and SQL_PLUGIN are read by the tool itself.
set -eu
versions=/etc/temporal/schema/postgresql/v12

upgrade() { # $1 database, $2 folder of its versions
  temporal-sql-tool --db "$1" create
  temporal-sql-tool --db "$1" setup-schema -v 0.0
  temporal-sql-tool --db "$1" update-schema -d "$versions/$2/versioned"
}

upgrade temporal temporal
upgrade temporal_visibility visibility
