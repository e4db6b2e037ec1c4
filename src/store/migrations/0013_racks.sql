-- How many nodes of the pool stand in each rack; an empty list: nobody knows.
ALTER TABLE "pool" ADD COLUMN "racks" TEXT NOT NULL DEFAULT '[]';
