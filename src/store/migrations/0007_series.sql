-- Periodic work: series, whose rounds are jobs. And hours of the day: at which prices, or the carbon of a centre, are
-- another percentage.
CREATE TABLE "series" (
  "id" INTEGER PRIMARY KEY,
  "organisation" INTEGER NOT NULL,
  "project" INTEGER NOT NULL,
  "user" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "count" INTEGER NOT NULL,
  "throttle" INTEGER NOT NULL,
  "wait_max" INTEGER NOT NULL,
  "requirements" TEXT NOT NULL,
  "every" INTEGER NOT NULL,
  "times" INTEGER NOT NULL,
  "overlap" INTEGER NOT NULL,
  "first_at" INTEGER NOT NULL,
  "round" INTEGER NOT NULL,
  "skipped" INTEGER NOT NULL,
  "newest" INTEGER NOT NULL,
  "next_at" INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  "submitted_at" INTEGER NOT NULL,
  "ended_at" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "series_live" ON "series" ("is_live") WHERE "is_live" = 1;

ALTER TABLE "job" ADD COLUMN "series" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "job" ADD COLUMN "round" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "job" ADD COLUMN "rounds" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "meta" ADD COLUMN "rounds" INTEGER NOT NULL DEFAULT 0;

ALTER TABLE "offer" ADD COLUMN "hours" TEXT NOT NULL DEFAULT '[]';
ALTER TABLE "centre" ADD COLUMN "carbon_hours" TEXT NOT NULL DEFAULT '[]';
