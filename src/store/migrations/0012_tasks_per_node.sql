-- So many tasks of its job may run on one node; zero: no bound.
ALTER TABLE "lease" ADD COLUMN "tasks_per_node_max" INTEGER NOT NULL DEFAULT 0;
