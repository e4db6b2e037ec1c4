#!/usr/bin/env bash
# Makes the clip from fetched frames: assemble.sh FOLDER OUT.mp4 [COUNT]
# FOLDER/<task>/frame_NNNN.png, for each frame from 0 to COUNT-1 (default: DAYAN_FRAMES, or 48). The clip is a loop;
# it is shown LOOPS times (4) at FPS pictures a second (24). Needs ffmpeg with libx264.
set -euo pipefail

die() { echo "assemble.sh: $*" >&2; exit 1; }

[[ $# -eq 2 || $# -eq 3 ]] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
folder=$1 out=$2 count=${3:-${DAYAN_FRAMES:-48}} loops=${LOOPS:-4} fps=${FPS:-24}
[[ -d $folder ]] || die "no folder $folder"
for number in "$count" "$loops" "$fps"; do
  [[ $number =~ ^[1-9][0-9]{0,3}$ ]] || die "'$number' is not a number from 1 to 9999"
done
command -v ffmpeg >/dev/null || die "ffmpeg is not installed"

shopt -s nullglob
strip=$(mktemp -d)
trap 'rm -rf "$strip"' EXIT
missing=()
for ((frame = 0; frame < count; frame++)); do
  printf -v name 'frame_%04d.png' "$frame"
  found=("$folder"/*/"$name")
  case ${#found[@]} in
    0) missing+=("$frame") ;;
    1)
      [[ -s ${found[0]} ]] || die "${found[0]} is empty"
      for ((loop = 0; loop < loops; loop++)); do
        # A number of its own for each picture shown: the film strip that ffmpeg reads.
        printf -v place '%08d.png' $((loop * count + frame))
        ln -s "$(realpath "${found[0]}")" "$strip/$place"
      done
      ;;
    *) die "frame $frame is there ${#found[@]} times: ${found[*]}" ;;
  esac
done
[[ ${#missing[@]} -eq 0 ]] || die "${#missing[@]} of $count frames are missing in $folder: ${missing[*]}"

# yuv420p is what every player takes; -xerror stops at a damaged picture instead of leaving it out.
ffmpeg -nostdin -hide_banner -loglevel error -xerror -err_detect explode -y -framerate "$fps" -i "$strip/%08d.png" \
  -c:v libx264 -preset slow -crf 18 -pix_fmt yuv420p -movflags +faststart -bitexact -f mp4 "$strip/clip" ||
  die "ffmpeg could not make the clip; is a frame damaged?"
mv "$strip/clip" "$out"
echo "$out: $count frames, $loops times, $fps a second"
