-- When work may run: what a provider closes, and until when a job's deadline can still be met. When a job may start and
-- must end lies in its requirements, which are JSON.
CREATE TABLE "reservation" (
  "id" INTEGER PRIMARY KEY,
  "centre" INTEGER NOT NULL,
  "pool" TEXT NOT NULL,
  "from" INTEGER NOT NULL,
  "until" INTEGER NOT NULL,
  "organisations" TEXT NOT NULL,
  "note" TEXT NOT NULL,
  "created_at" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "reservation_live" ON "reservation" ("is_live") WHERE "is_live" = 1;

ALTER TABLE "job" ADD COLUMN "latest_start" INTEGER NOT NULL DEFAULT 0;
