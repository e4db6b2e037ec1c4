#!/usr/bin/env bash
# Renders one frame of the clip into the current folder, on one thread: frame DAYAN_TASK_INDEX (from 0) of
# DAYAN_TASK_COUNT. The same frame is the same file to the byte, wherever and whenever it is rendered.
set -euo pipefail

index=${DAYAN_TASK_INDEX:?is the number of the frame, from 0}
count=${DAYAN_TASK_COUNT:-${DAYAN_FRAMES:?or DAYAN_TASK_COUNT is how many frames the clip has}}
if [[ ! $index =~ ^[0-9]{1,4}$ || ! $count =~ ^[0-9]{1,4}$ ]] || ((10#$index >= 10#$count)); then
  echo "render.sh: frame '$index' of '$count' is not a frame of the clip" >&2
  exit 2
fi
index=$((10#$index)) count=$((10#$count))
scene=$(dirname "$0")/scene.pov
printf -v frame 'frame_%04d.png' "$index"
printf -v clock '0.%06d' $((index * 1000000 / count))

# undate PNG: the picture without its time and comment, where povray writes the date and the machine. Chunks are a
# length, a kind, the content and a checksum of 4 bytes; the dated ones all come before the picture's data.
undate() {
  local at=8 length kind
  head -c 8 "$1"
  while :; do
    length=$((16#$(od -An -tx1 -j "$at" -N 4 "$1" | tr -d ' ')))
    kind=$(dd if="$1" bs=1 skip=$((at + 4)) count=4 status=none)
    case $kind in
      IDAT) break ;;
      tIME | tEXt) ;;
      *) dd if="$1" bs=1 skip="$at" count=$((length + 12)) status=none ;;
    esac
    at=$((at + length + 12))
  done
  tail -c +$((at + 1)) "$1"
}

# A name the job's outputs do not match, so that a frame cut short is never taken for a frame.
work=$(mktemp -d ./.render-XXXXXX)
trap 'rm -rf "$work"' EXIT
# -D no window, -V no progress, -J no random jitter: smooth edges that are the same each time.
povray "+I$scene" "+O$work/dated.png" +FN8 +W640 +H360 +A0.4 +R2 -J +WT1 -D -V "+K$clock" >"$work/log" 2>&1 ||
  { tail -n 20 "$work/log" >&2; exit 1; }
undate "$work/dated.png" >"$work/$frame"
mv "$work/$frame" "$frame"
echo "$frame: frame $index of $count, clock $clock"
