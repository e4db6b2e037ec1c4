-- The job with which a placement was traded for a better sum of both.
ALTER TABLE "placement" ADD COLUMN "exchanged_with" INTEGER NOT NULL DEFAULT 0;
