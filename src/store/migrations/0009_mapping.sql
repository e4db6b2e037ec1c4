-- Whom a centre's agent maps to a local account (a list of names; null: all, or it has not told), and how many attempts
-- of a task no centre let begin.
ALTER TABLE "centre" ADD COLUMN "maps" TEXT;
ALTER TABLE "task" ADD COLUMN "refusals" INTEGER NOT NULL DEFAULT 0;
