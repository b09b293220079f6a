# shellcheck shell=bash
# Shared by deploy/up and tests/run: installing packages, running steps with a log. Sourced, not run.

say() { printf '%s\n' "$*" >&2; }

# die WHAT [NEXT]: an error and what to do about it.
die() {
  say "error: $1"
  [ $# -lt 2 ] || say "       $2"
  exit 1
}

# as_root COMMAND…: directly, or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi
}

can_be_root() {
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 2 ]; }; }
}

# What a package brings may be there from another source (Node.js from its makers, PostgreSQL 16): then leave it.
provided_otherwise() {
  case "$1" in
    nodejs) command -v node >/dev/null ;;
    npm) command -v npm >/dev/null ;;
    awscli) command -v aws >/dev/null ;;
    postgresql-15) newest_postgres >/dev/null ;;
    *) return 1 ;;
  esac
}

newest_postgres() {
  local directory version
  for directory in /usr/lib/postgresql/*/bin; do
    version=${directory#/usr/lib/postgresql/}
    version=${version%%/*}
    if [ -x "$directory/initdb" ] && [ "$version" -ge 15 ] 2>/dev/null; then
      printf '%s\n' "$directory"
      return 0
    fi
  done
  return 1
}

# missing_packages FILE…: the listed packages that are not installed, one a line.
missing_packages() {
  local listed name
  mapfile -t listed < <(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$@")
  # dpkg-query says nothing about names that it does not know: those are missing too.
  comm -23 <(printf '%s\n' "${listed[@]}" | sort -u) \
    <(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${listed[@]}" 2>/dev/null |
      sed -n 's/ installed$//p' | sort -u) | while read -r name; do
    provided_otherwise "$name" || printf '%s\n' "$name"
  done
}

# install_packages LOG FILE…: installs what is missing of the lists; says nothing when nothing is.
install_packages() {
  local log=$1 missing
  shift
  command -v dpkg-query >/dev/null ||
    die "this is no Debian: packages cannot be installed here" "install what $* list, then use --no-install"
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "installing ${#missing[@]} packages: ${missing[*]}"
  can_be_root || die "only root can install packages, and sudo is not available" \
    "as root: apt-get install --no-install-recommends ${missing[*]}"
  keep_postgresql_quiet
  run_logged "$log" as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update || apt_failed "$log"
  run_logged "$log" as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 \
    install "${missing[@]}" </dev/null || apt_failed "$log"
  let_postgresql_speak
}

apt_failed() {
  let_postgresql_speak
  tail -n 20 "$1" >&2
  die "apt-get failed; the whole log is $1" "check the network and /etc/apt/sources.list, then start again"
}

# Debian's package starts a cluster of its own, which nobody here needs: not while we install.
quiet_file=/etc/postgresql-common/createcluster.d/backtrail-install.conf
keep_postgresql_quiet() {
  as_root mkdir -p "${quiet_file%/*}"
  printf 'create_main_cluster = false\n' | as_root tee "$quiet_file" >/dev/null
}
let_postgresql_speak() { as_root rm -f "$quiet_file"; }

# run_logged LOG COMMAND…: output to the end of LOG only; the command's status.
run_logged() {
  local log=$1
  shift
  mkdir -p "${log%/*}"
  printf '\n$ %s\n' "$*" >>"$log"
  "$@" >>"$log" 2>&1
}

# show_progress: reads a build's output and shows Ninja's [n/m] on one line of a terminal, or every tenth of the work
# elsewhere.
show_progress() {
  local line last=-1 done_ all percent
  while IFS= read -r line; do
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    done_=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
    [ "$done_" -gt 0 ] || continue
    percent=$((done_ * 100 / all))
    if [ -t 2 ]; then
      printf '\r  %3d %%  %s/%s ' "$percent" "$done_" "$all" >&2
    elif [ $((percent / 10)) -ne "$last" ]; then
      last=$((percent / 10))
      say "  $percent %  $done_/$all"
    fi
  done
  [ ! -t 2 ] || [ -z "${done_:-}" ] || printf '\n' >&2
}

# build_jobs: as many compilers as there are processors, but no more than the memory carries (about 1.5 GB each).
build_jobs() {
  local processors memory_kib by_memory
  processors=$(nproc)
  memory_kib=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  by_memory=$((memory_kib / 1500000))
  [ "$by_memory" -ge 1 ] || by_memory=1
  if [ "$processors" -lt "$by_memory" ]; then echo "$processors"; else echo "$by_memory"; fi
}

# build_preset LOG PRESET CMAKE_ARGUMENTS… -- TARGETS…: configures and builds; shows the log's end when that fails.
build_preset() {
  local log=$1 preset=$2 arguments=() status=0
  shift 2
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    arguments+=("$1")
    shift
  done
  [ $# -eq 0 ] || shift
  run_logged "$log" cmake --preset "$preset" "${arguments[@]}" || build_failed "$log" "configuring"
  printf '\n$ cmake --build --preset %s %s\n' "$preset" "$*" >>"$log"
  local targets=()
  [ $# -eq 0 ] || targets=(--target "$@")
  cmake --build --preset "$preset" -j "$(build_jobs)" "${targets[@]}" 2>&1 | tee -a "$log" | show_progress ||
    status=$?
  [ "$status" = 0 ] || build_failed "$log" "building"
}

build_failed() {
  # Ninja names what failed; the end alone may be another compiler's chatter.
  grep -A 15 -E '^FAILED:|error:' "$1" | tail -n 40 >&2 || tail -n 40 "$1" >&2
  die "$2 failed; the whole log is $1"
}
