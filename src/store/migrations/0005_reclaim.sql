-- Reclaimable work: what may be taken back and at what part of an offer's prices (in thousandths), what was taken back, and
-- how often of each task.
ALTER TABLE "task" ADD COLUMN "reclaims" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "lease" ADD COLUMN "reclaimable" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "lease" ADD COLUMN "price_part" INTEGER NOT NULL DEFAULT 1000;
ALTER TABLE "lease" ADD COLUMN "reclaimed_at" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "attempt" ADD COLUMN "reclaimed_at" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "attempt" ADD COLUMN "reclaimed_for" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "offer" ADD COLUMN "reclaimable_part" INTEGER NOT NULL DEFAULT 1000;
ALTER TABLE "charge" ADD COLUMN "price_part" INTEGER NOT NULL DEFAULT 1000;
