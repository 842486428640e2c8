# The Debian 12 packages each chore needs, how to install them, and where this machine gets packages
# from. Sourced, not run.
# shellcheck shell=bash disable=SC2034

build_packages=(
  g++ cmake ninja-build pkg-config ccache
  libdw-dev libelf-dev libbz2-dev liblzma-dev zlib1g-dev
  libboost-program-options-dev libboost-dev libspdlog-dev libfmt-dev libabsl-dev
  rapidjson-dev libprotozero-dev libzstd-dev libncurses-dev
  libgtest-dev libgmock-dev  # The presets configure the tests too.
)

# The interpreter tools/try shows Spyhop on; the program is of its own standard library.
try_packages=(python3)

package_packages=(dpkg-dev binutils gzip libcurl4-openssl-dev)

# What tests the packages (tests/packages): Debian's roots, its rules, and a CPython on musl.
package_test_packages=(mmdebstrap lintian musl-tools linux-libc-dev gcc make dpkg-dev)

test_packages=(
  python3 python3.11 python3.11-dbg  # Test scripts; two of the interpreters under test.
  mmdebstrap                         # Fetches the others (tools/interpreters).
  zsh fish mandoc man-db             # Readers of the completions and the manual pages.
  strace                             # The tests which count system calls.
  gdb                                # The other opinion on native stacks.
  tmux ncurses-bin                   # The terminal that `spyhop top` is tested in.
  gcc libpython3.11-dev cython3      # C extensions and embedding programs, as targets.
  # Services as targets (test_timing_services.py, test_places.py).
  python3-gunicorn python3-aiohttp python3-uvloop python3-numpy python3-celery
  uwsgi-core uwsgi-plugin-python3
  protobuf-compiler python3-protobuf  # The other opinion on what the daemon pushes.
  libcurl4-openssl-dev openssl        # The build takes TLS for pushes from it, where it is there.
  systemd                             # What says whether the daemon's unit is right.
)

# The readers of Spyhop's files (tests/viewers). Node.js and npm come beside them: tools/viewers.
viewer_packages=(
  chromium   # speedscope
  golang-go  # go tool pprof
  jq python3-jsonschema
)

develop_packages=(
  clang clang-format clang-tidy libclang-rt-14-dev libbenchmark-dev shellcheck git
)

# install_packages NAME...: quick when all are there. A source that cannot be refreshed (a machine may
# have other people's, too) matters only if the packages then cannot be installed.
install_packages() {
  local missing=() name
  for name in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
      missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "Packages are missing; as root: apt-get install ${missing[*]}" >&2
    return 1
  fi
  echo "Installing ${missing[*]}" >&2
  local log
  log=$(mktemp -t spyhop-apt.XXXXXX)
  apt-get update -qq >"$log" 2>&1 ||
    echo "apt-get update had errors; going on with what it could read" >&2
  if ! DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      "${missing[@]}" </dev/null >>"$log" 2>&1; then
    tail -n 40 "$log" >&2
    return 1
  fi
  rm -f "$log"
}

# The mirror this machine installs Debian from: deb822 sources first, then one-line ones.
debian_mirror() {
  local found
  found=$(awk '$1 == "URIs:" && $2 ~ /\/debian\/?$/ { print $2; exit }' \
    /etc/apt/sources.list.d/*.sources 2>/dev/null) || true
  [ -n "$found" ] || found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n 's/^deb \(\[[^]]*\] *\)\?\([^ ]*\/debian\/\?\) .*/\2/p;t' | head -n 1) || true
  [ -n "$found" ] || { echo "no Debian mirror among apt's sources" >&2; return 1; }
  echo "$found"
}
