-- Data: the link of a centre, what moving inputs costs, and what has crossed for whom.
ALTER TABLE "centre" ADD COLUMN "bandwidth" INTEGER;
ALTER TABLE "centre" ADD COLUMN "bandwidth_measured" INTEGER;
ALTER TABLE "offer" ADD COLUMN "transfer_gb" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "job" ADD COLUMN "input_bytes" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "lease" ADD COLUMN "transfer" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "attempt" ADD COLUMN "fetched" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "attempt" ADD COLUMN "fetch_time" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "placement" ADD COLUMN "transfer" TEXT NOT NULL DEFAULT '{"bytes":0,"bandwidth":null,"time":null,"cost":"0"}';
CREATE TABLE "transfer" (
  "job" INTEGER NOT NULL,
  "centre" INTEGER NOT NULL,
  "fetched" INTEGER NOT NULL,
  "is_there" INTEGER NOT NULL,
  "is_held" INTEGER NOT NULL,
  "is_settled" INTEGER NOT NULL,
  "is_live" INTEGER NOT NULL,
  PRIMARY KEY ("job", "centre")
) STRICT, WITHOUT ROWID;
CREATE INDEX "transfer_live" ON "transfer" ("is_live") WHERE "is_live" = 1;
