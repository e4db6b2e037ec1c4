-- How many bytes of inputs each round of a series has.
ALTER TABLE "series" ADD COLUMN "input_bytes" INTEGER NOT NULL DEFAULT 0;
