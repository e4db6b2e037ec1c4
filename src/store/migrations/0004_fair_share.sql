-- Fair share: what organisations and projects are due beside each other, in thousandths of the usual weight, and what
-- each project has used lately.
ALTER TABLE "organisation" ADD COLUMN "weight" INTEGER NOT NULL DEFAULT 1000;
ALTER TABLE "project" ADD COLUMN "weight" INTEGER NOT NULL DEFAULT 1000;
CREATE TABLE "usage" (
  "project" INTEGER PRIMARY KEY,
  "organisation" INTEGER NOT NULL,
  "period" INTEGER NOT NULL,
  "core_ms" INTEGER NOT NULL,
  "memory_mib_s" INTEGER NOT NULL,
  "card_ms" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL
) STRICT;
CREATE INDEX "usage_live" ON "usage" ("is_live") WHERE "is_live" = 1;
