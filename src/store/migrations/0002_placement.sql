-- What placement came to read of centres and pools: whom a centre serves, how far it is from its users, what it draws;
-- and what it expects a task to cost the air.
-- Of jobs and leases it lies in their JSON, where what is missing has its default.
ALTER TABLE "centre" ADD COLUMN "accepts" TEXT NOT NULL DEFAULT '[]';
ALTER TABLE "centre" ADD COLUMN "latency" TEXT NOT NULL DEFAULT '[]';
ALTER TABLE "centre" ADD COLUMN "pue" INTEGER;
ALTER TABLE "centre" ADD COLUMN "carbon" INTEGER;
ALTER TABLE "pool" ADD COLUMN "core_power" INTEGER;
ALTER TABLE "pool" ADD COLUMN "card_power" INTEGER;
ALTER TABLE "placement" ADD COLUMN "carbon" INTEGER;
