-- One table for each kind of row in model/rows.h: a column for each field, and "is_live": 1 while the row is in the
-- State, 0 once it is final. A test compares these tables with the fields() lists, so a change of a row needs a new
-- migration; this file never changes once it is released.
-- A single whole number as key is SQLite's own row number; every other table is stored in the order of its key.

-- Which hub may write. Every commit first updates this row where the generation is its own.
CREATE TABLE "generation" (
  "id" INTEGER PRIMARY KEY CHECK ("id" = 1),
  "generation" INTEGER NOT NULL
) STRICT;
INSERT INTO "generation" VALUES (1, 0);

-- What happened, each record bound to the one before it by its hash (store/event_chain.h).
CREATE TABLE "event" (
  "sequence" INTEGER PRIMARY KEY,
  "at" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "detail" TEXT NOT NULL,
  "hash" BLOB NOT NULL
) STRICT;

-- Answers to accepted commands, kept for ever.
CREATE TABLE "reply" (
  "organisation" INTEGER NOT NULL,
  "key" TEXT NOT NULL,
  "request" BLOB NOT NULL,
  "status" INTEGER NOT NULL,
  "body" TEXT NOT NULL,
  PRIMARY KEY ("organisation", "key")
) STRICT, WITHOUT ROWID;

CREATE TABLE "meta" (
  "id" INTEGER PRIMARY KEY,
  "last_now" INTEGER NOT NULL,
  "entries" INTEGER NOT NULL,
  "lease_sequence" INTEGER NOT NULL,
  "events" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "meta_live" ON "meta" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "organisation" (
  "id" INTEGER PRIMARY KEY,
  "name" TEXT NOT NULL,
  "is_customer" INTEGER NOT NULL,
  "is_provider" INTEGER NOT NULL,
  "is_operator" INTEGER NOT NULL,
  "created_at" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "organisation_live" ON "organisation" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "project" (
  "id" INTEGER PRIMARY KEY,
  "organisation" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "project_live" ON "project" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "user" (
  "id" INTEGER PRIMARY KEY,
  "organisation" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "user_live" ON "user" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "token" (
  "hash" BLOB NOT NULL,
  "organisation" INTEGER NOT NULL,
  "user" INTEGER NOT NULL,
  "centre" INTEGER NOT NULL,
  "scopes" INTEGER NOT NULL,
  "label" TEXT NOT NULL,
  "created_at" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL,
  "revoked" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("hash")
) STRICT, WITHOUT ROWID;
CREATE INDEX "token_live" ON "token" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "join_token" (
  "hash" BLOB NOT NULL,
  "centre" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL,
  "used" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("hash")
) STRICT, WITHOUT ROWID;
CREATE INDEX "join_token_live" ON "join_token" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "centre" (
  "id" INTEGER PRIMARY KEY,
  "provider" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "region" TEXT NOT NULL,
  "agent_key" TEXT NOT NULL,
  "agent_epoch" INTEGER NOT NULL,
  "report_sequence" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "centre_live" ON "centre" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "pool" (
  "centre" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "nodes" INTEGER NOT NULL,
  "cores_per_node" INTEGER NOT NULL,
  "memory_per_node" INTEGER NOT NULL,
  "cards_per_node" INTEGER NOT NULL,
  "chip" TEXT NOT NULL,
  "software" TEXT NOT NULL,
  "wall_time_max" INTEGER NOT NULL,
  "core_capability" INTEGER NOT NULL,
  "capability_source" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("centre", "name")
) STRICT, WITHOUT ROWID;
CREATE INDEX "pool_live" ON "pool" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "offer" (
  "id" INTEGER PRIMARY KEY,
  "centre" INTEGER NOT NULL,
  "version" INTEGER NOT NULL,
  "core_hour" INTEGER NOT NULL,
  "card_hour" INTEGER NOT NULL,
  "gb_hour" INTEGER NOT NULL,
  "commission" INTEGER NOT NULL,
  "published_at" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "offer_live" ON "offer" ("is_live") WHERE "is_live" = 1;
CREATE INDEX "offer_centre" ON "offer" ("centre");

CREATE TABLE "job" (
  "id" INTEGER PRIMARY KEY,
  "organisation" INTEGER NOT NULL,
  "project" INTEGER NOT NULL,
  "user" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "count" INTEGER NOT NULL,
  "throttle" INTEGER NOT NULL,
  "requirements" TEXT NOT NULL,
  "state" INTEGER NOT NULL,
  "next_task" INTEGER NOT NULL,
  "retrying" INTEGER NOT NULL,
  "live" INTEGER NOT NULL,
  "succeeded" INTEGER NOT NULL,
  "failed" INTEGER NOT NULL,
  "cancelled" INTEGER NOT NULL,
  "charged" INTEGER NOT NULL,
  "held" INTEGER NOT NULL,
  "run_time_sum" INTEGER NOT NULL,
  "submitted_at" INTEGER NOT NULL,
  "ended_at" INTEGER NOT NULL,
  "waits_until" INTEGER NOT NULL,
  "gave_up" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "job_live" ON "job" ("is_live") WHERE "is_live" = 1;
CREATE INDEX "job_organisation" ON "job" ("organisation");

CREATE TABLE "payload" (
  "job" INTEGER PRIMARY KEY,
  "payload" TEXT NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "payload_live" ON "payload" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "task" (
  "job" INTEGER NOT NULL,
  "task" INTEGER NOT NULL,
  "state" INTEGER NOT NULL,
  "attempts" INTEGER NOT NULL,
  "not_before" INTEGER NOT NULL,
  "avoid" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("job", "task")
) STRICT, WITHOUT ROWID;
CREATE INDEX "task_live" ON "task" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "placement" (
  "job" INTEGER NOT NULL,
  "task" INTEGER NOT NULL,
  "number" INTEGER NOT NULL,
  "centre" INTEGER NOT NULL,
  "pool" TEXT NOT NULL,
  "task_cost" INTEGER NOT NULL,
  "expected_start" INTEGER NOT NULL,
  "expected_finish" INTEGER NOT NULL,
  "runners_up" TEXT NOT NULL,
  "ruled_out" TEXT NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("job", "task", "number")
) STRICT, WITHOUT ROWID;
CREATE INDEX "placement_live" ON "placement" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "lease" (
  "job" INTEGER NOT NULL,
  "task" INTEGER NOT NULL,
  "number" INTEGER NOT NULL,
  "centre" INTEGER NOT NULL,
  "pool" TEXT NOT NULL,
  "organisation" TEXT NOT NULL,
  "task_count" INTEGER NOT NULL,
  "resources" TEXT NOT NULL,
  "chip" TEXT NOT NULL,
  "wall_time" INTEGER NOT NULL,
  "granted_at" INTEGER NOT NULL,
  "starts_by" INTEGER NOT NULL,
  "ends_at" INTEGER NOT NULL,
  "hold" INTEGER NOT NULL,
  "held" INTEGER NOT NULL,
  "desired" INTEGER NOT NULL,
  "sequence" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("job", "task", "number")
) STRICT, WITHOUT ROWID;
CREATE INDEX "lease_live" ON "lease" ("is_live") WHERE "is_live" = 1;
CREATE INDEX "lease_centre" ON "lease" ("centre");
CREATE INDEX "lease_centre_sequence" ON "lease" ("centre", "sequence");

CREATE TABLE "attempt" (
  "job" INTEGER NOT NULL,
  "task" INTEGER NOT NULL,
  "number" INTEGER NOT NULL,
  "centre" INTEGER NOT NULL,
  "pool" TEXT NOT NULL,
  "offer" INTEGER NOT NULL,
  "state" INTEGER NOT NULL,
  "outcome" INTEGER NOT NULL,
  "engine_id" TEXT NOT NULL,
  "exit_code" INTEGER NOT NULL,
  "failure" TEXT NOT NULL,
  "granted_at" INTEGER NOT NULL,
  "started_at" INTEGER NOT NULL,
  "ended_at" INTEGER NOT NULL,
  "engine_run" INTEGER NOT NULL,
  "wrapper_run" INTEGER NOT NULL,
  "billed_run" INTEGER NOT NULL,
  "memory_peak" INTEGER NOT NULL,
  "charged" INTEGER NOT NULL,
  "reported_at" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("job", "task", "number")
) STRICT, WITHOUT ROWID;
CREATE INDEX "attempt_live" ON "attempt" ("is_live") WHERE "is_live" = 1;
CREATE INDEX "attempt_centre" ON "attempt" ("centre");

CREATE TABLE "output" (
  "job" INTEGER NOT NULL,
  "task" INTEGER NOT NULL,
  "number" INTEGER NOT NULL,
  "path" TEXT NOT NULL,
  "digest" BLOB NOT NULL,
  "size" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("job", "task", "number", "path")
) STRICT, WITHOUT ROWID;
CREATE INDEX "output_live" ON "output" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "late_report" (
  "job" INTEGER NOT NULL,
  "task" INTEGER NOT NULL,
  "number" INTEGER NOT NULL,
  "reported_at" INTEGER NOT NULL,
  "outcome" INTEGER NOT NULL,
  "engine_run" INTEGER NOT NULL,
  "wrapper_run" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("job", "task", "number", "reported_at")
) STRICT, WITHOUT ROWID;
CREATE INDEX "late_report_live" ON "late_report" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "account" (
  "kind" INTEGER NOT NULL,
  "owner" INTEGER NOT NULL,
  "debits_pending" INTEGER NOT NULL,
  "debits_posted" INTEGER NOT NULL,
  "credits_pending" INTEGER NOT NULL,
  "credits_posted" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("kind", "owner")
) STRICT, WITHOUT ROWID;
CREATE INDEX "account_live" ON "account" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "entry" (
  "id" INTEGER PRIMARY KEY,
  "kind" INTEGER NOT NULL,
  "debit_kind" INTEGER NOT NULL,
  "debit_owner" INTEGER NOT NULL,
  "credit_kind" INTEGER NOT NULL,
  "credit_owner" INTEGER NOT NULL,
  "amount" INTEGER NOT NULL,
  "hold" INTEGER NOT NULL,
  "job" INTEGER NOT NULL,
  "task" INTEGER NOT NULL,
  "number" INTEGER NOT NULL,
  "reference" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "entry_live" ON "entry" ("is_live") WHERE "is_live" = 1;
CREATE INDEX "entry_debit_owner" ON "entry" ("debit_owner");
CREATE INDEX "entry_credit_owner" ON "entry" ("credit_owner");
CREATE INDEX "entry_job" ON "entry" ("job");

CREATE TABLE "payment" (
  "reference" TEXT NOT NULL,
  "organisation" INTEGER NOT NULL,
  "amount" INTEGER NOT NULL,
  "entry" INTEGER NOT NULL,
  "at" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("reference")
) STRICT, WITHOUT ROWID;
CREATE INDEX "payment_live" ON "payment" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "hold" (
  "id" INTEGER PRIMARY KEY,
  "debit_kind" INTEGER NOT NULL,
  "debit_owner" INTEGER NOT NULL,
  "credit_kind" INTEGER NOT NULL,
  "credit_owner" INTEGER NOT NULL,
  "amount" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "hold_live" ON "hold" ("is_live") WHERE "is_live" = 1;

CREATE TABLE "charge" (
  "job" INTEGER NOT NULL,
  "task" INTEGER NOT NULL,
  "number" INTEGER NOT NULL,
  "meter" INTEGER NOT NULL,
  "customer" INTEGER NOT NULL,
  "provider" INTEGER NOT NULL,
  "centre" INTEGER NOT NULL,
  "offer" INTEGER NOT NULL,
  "quantity" INTEGER NOT NULL,
  "price_amount" INTEGER NOT NULL,
  "price_quantity" INTEGER NOT NULL,
  "amount" INTEGER NOT NULL,
  "fee" INTEGER NOT NULL,
  "entry" INTEGER NOT NULL,
  "at" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("job", "task", "number", "meter")
) STRICT, WITHOUT ROWID;
CREATE INDEX "charge_live" ON "charge" ("is_live") WHERE "is_live" = 1;
CREATE INDEX "charge_customer" ON "charge" ("customer");
CREATE INDEX "charge_provider" ON "charge" ("provider");
CREATE INDEX "charge_centre" ON "charge" ("centre");
