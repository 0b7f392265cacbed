# Shared by ./dev and tools/dev/*: packages, builds, messages. Sourced with the root as directory.

# Lets ccache keep what was built with precompiled headers.
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
# Checkouts side by side share what is the same in them.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
# What a file includes is known from the compiler's own list: nothing is preprocessed twice.
export CCACHE_DEPEND=1

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# The packages of tools/dev/packages.txt, and those named, that this machine does not have.
missing_packages() {
  local package
  { grep -v '^#' tools/dev/packages.txt && printf '%s\n' "$@"; } | while read -r package; do
    [ -n "$package" ] || continue
    case "$package" in
      # A newer Node.js than Debian's brings its own npm.
      nodejs) command -v node >/dev/null && continue ;;
      npm) command -v npm >/dev/null && continue ;;
    esac
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

# ensure_packages [PACKAGE ...]: those of the list, and more that only this command needs.
ensure_packages() {
  local missing
  missing=$(missing_packages "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  [ -e /etc/debian_version ] || fail "this machine is not a Debian: install by hand: $missing"
  say "installing Debian packages: $missing"
  # A policy of "do not start" keeps a packaged redis-server from taking port 6379 here.
  local policy=/usr/sbin/policy-rc.d made_policy=no
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod +x $policy
    made_policy=yes
  fi
  local log=/tmp/quorate-apt.$$.log status=0
  {
    as_root apt-get update -qq &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
  } >"$log" 2>&1 || status=$?
  [ $made_policy = no ] || as_root rm -f $policy
  if [ $status -ne 0 ]; then
    tail -20 "$log" >&2
    fail "the packages could not be installed (all of the output: $log)"
  fi
  rm -f "$log"
}

# build TYPE [TARGET ...]: configures when needed and builds in build/TYPE, with progress.
build() {
  local type=$1 dir=build/$1
  shift
  local -a flags=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  case "$type" in
    release) flags+=(-DCMAKE_BUILD_TYPE=Release) ;;
    debug) flags+=(-DCMAKE_BUILD_TYPE=Debug) ;;
    # One build for the sanitized tests and for what the fuzzers start from, by the other compiler; and one for their search.
    asan | fuzz) flags+=(-DCMAKE_BUILD_TYPE=Debug -DQUORATE_SANITIZE=fuzzer -DQUORATE_BENCH=OFF
      -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_C_COMPILER=clang) ;;&
    fuzz) flags+=(-DQUORATE_GUIDED_FUZZING=ON) ;;
    asan) ;;
    tsan) flags+=(-DCMAKE_BUILD_TYPE=Debug -DQUORATE_SANITIZE=thread -DQUORATE_BENCH=OFF) ;;
    coverage) flags+=(-DCMAKE_BUILD_TYPE=Debug -DQUORATE_SANITIZE=coverage -DQUORATE_BENCH=OFF
      -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_C_COMPILER=clang) ;;
    *) fail "unknown build type '$type': release, debug, asan, fuzz, tsan or coverage" ;;
  esac
  say "building $type${*:+: $*}"
  if [ ! -e "$dir/build.ninja" ]; then
    mkdir -p "$dir"
    cmake -S . -B "$dir" -G Ninja "${flags[@]}" >"$dir/configure.log" 2>&1 || {
      tail -20 "$dir/configure.log" >&2
      fail "configuring $dir failed"
    }
  fi
  (
    sum_precompiled "$dir" && export CCACHE_PCH_EXTSUM=1
    NINJA_STATUS='[%f/%t, %es] ' exec ninja -C "$dir" "$@"
  ) >"$dir/build.log" 2>&1 &
  follow_build "$dir/build.log" $!
}

# Precompiled headers have a hundred megabytes, and ccache would read them anew for each file: it takes the checksum that
# stands beside one instead. It is one of what the header is made of (the command, the compiler, every file included), so
# that it is the same in every folder, whatever paths the compiler writes into the header. Invariant: nothing is compiled
# with a checksum that is older than its header, or that was cut short: a build may be ended at any time.
sum_precompiled() {
  local dir=$1 header
  local -a headers
  mapfile -t headers < <(ninja -C "$dir" -t targets all | sed -nE 's/^(.*cmake_pch\.hxx\.(gch|pch)): .*/\1/p')
  [ ${#headers[@]} -gt 0 ] || return 1
  ninja -C "$dir" "${headers[@]}" || return 1
  for header in "${headers[@]}"; do
    if [ ! -e "$dir/$header.sum" ] || [ "$dir/$header" -nt "$dir/$header.sum" ]; then
      (set -o pipefail && precompiled_from "$dir" "$header" | sha256sum >"$dir/$header.sum.new") || return 1
      mv "$dir/$header.sum.new" "$dir/$header.sum"
    fi
  done
}

# What the precompiled header DIR/HEADER is made of, without the folder it lies in.
precompiled_from() {
  local command
  command=$(ninja -C "$1" -t commands "$2" | tail -1)
  printf '%s\n' "${command//$PWD/}"
  $(grep -oE '[^ ]*(clang\+\+|c\+\+|g\+\+)' <<<"$command" | head -1) --version
  (cd "$1" && ninja -t deps "$2" | sed -n 's/^    //p' | xargs cat)
}

# On a terminal one line that moves; elsewhere a line every 20 seconds. Waits without starting processes: a build needs
# the processors for itself.
follow_build() {
  local log=$1 pid=$2 status=0 ticks=0 every=1 nothing
  exec {nothing}<> <(:)
  [ -t 1 ] || every=40
  while kill -0 "$pid" 2>/dev/null; do
    read -r -t 0.5 -u "$nothing" || true
    ticks=$((ticks + 1))
    [ $((ticks % every)) -eq 0 ] || continue
    [ -t 1 ] && printf '\r\033[K'
    printf '    %s' "$(tail -c 400 "$log" 2>/dev/null | tr '\r' '\n' | grep '^\[' | tail -1 | cut -c1-90 || true)"
    [ -t 1 ] || printf '\n'
  done
  exec {nothing}<&-
  wait "$pid" || status=$?
  [ -t 1 ] && printf '\r\033[K'
  if [ $status -ne 0 ]; then
    grep -E -A12 'error|FAILED|undefined reference' "$log" | head -60 >&2
    fail "the build failed (all of the output: $log)"
  fi
  printf '    built: %s\n' "$(dirname "$log")"
}
