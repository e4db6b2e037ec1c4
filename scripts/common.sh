# Shared by the scripts of this folder. Sourced, not run.

set -euo pipefail
project_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# A second clone on the same machine reuses what the first one compiled.
export CCACHE_BASEDIR=$project_root CCACHE_NOHASHDIR=1

say() {
  if [ -t 2 ]; then printf '\033[1m== %s\033[0m\n' "$*" >&2; else printf '== %s\n' "$*" >&2; fi
}
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Runs a command as root: directly, or by sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# Asks for the password of sudo once, at the beginning, where one is needed and there is somebody to ask: what comes
# later uses `sudo -n`.
ask_root() {
  [ "$(id -u)" != 0 ] || return 0
  sudo -n true 2>/dev/null || [ ! -t 0 ] || sudo -v || true
  sudo -n true 2>/dev/null || return 0
  # A first build takes longer than sudo remembers. Ends with this script.
  while sleep 60 && kill -0 $$ 2>/dev/null; do sudo -n -v || break; done </dev/null >/dev/null 2>&1 &
  disown
}

# install_packages GROUP…: installs what is missing of these groups of scripts/packages.txt.
install_packages() {
  local wanted=() missing=() group package
  while read -r group package _; do
    case " $* " in *" $group "*) wanted+=("$package") ;; esac
  done < <(grep -v '^#' "$project_root/scripts/packages.txt")
  for package in "${wanted[@]}"; do
    dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  say "installing from Debian: ${missing[*]}"
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || [ -t 0 ] ||
    die "these packages are missing and there is neither root nor sudo: ${missing[*]}"
  local log
  log=$(mktemp)
  # A package list that is a little old is refreshed once; a fresh machine has none at all.
  as_root apt-get update >"$log" 2>&1 || { cat "$log" >&2; die "apt-get update failed"; }
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" \
    >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "apt-get install failed"; }
  rm -f "$log"
}

# build PRESET [TARGET…]: configures once and builds with as many jobs as there are cores.
build() {
  local preset=$1
  shift
  cd "$project_root"
  say "building ($preset)"
  local log="build/$preset-configure.log"
  mkdir -p build
  cmake --preset "$preset" >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "cmake failed"; }
  cmake --build --preset "$preset" ${1:+--target "$@"} 1>&2
}
