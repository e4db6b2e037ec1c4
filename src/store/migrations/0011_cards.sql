-- How fast a pool's cards are (in 1/10,000 of the reference card, 0 when unknown), and how that came to be known.
ALTER TABLE "pool" ADD COLUMN "card_capability" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "pool" ADD COLUMN "card_capability_source" INTEGER NOT NULL DEFAULT 0;
