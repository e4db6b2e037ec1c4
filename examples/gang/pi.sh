#!/bin/bash
# Integrates 4/(1+x*x) from 0 to 1 in STEPS steps, dealt out to the processes that srun starts on all nodes of this task:
# DAYAN_CPUS on each. The first node adds up what they print, with the node that each ran on.
set -euo pipefail
steps=${STEPS:-20000000}

srun --ntasks-per-node="$DAYAN_CPUS" --ntasks="$((DAYAN_NODES * DAYAN_CPUS))" --cpus-per-task=1 \
  bash -c '
    awk -v steps="$1" -v rank="$SLURM_PROCID" -v ranks="$SLURM_NTASKS" -v node="$SLURMD_NODENAME" "
      BEGIN {
        for (i = rank; i < steps; i += ranks) { x = (i + 0.5) / steps; sum += 4 / (1 + x * x) }
        printf \"%s %.12f\n\", node, sum / steps
      }"' part "$steps" >parts.txt

awk '{ nodes[$1]; sum += $2 } END { n = 0; for (node in nodes) ++n; printf "%.9f from %d nodes\n", sum, n }' parts.txt |
  tee pi.txt
